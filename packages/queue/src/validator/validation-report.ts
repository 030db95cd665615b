/** The first difference between a message sent and one received. */
export interface Difference {
  /** The way through Redis. */
  readonly route: string
  /** The message of the corpus, where one is known. */
  readonly message: string
  /** `bytes`: others came back; `order`: another message came; `format`: Redis had it in another form; `error`: none came. */
  readonly kind: 'bytes' | 'order' | 'format' | 'error'
  /** Lengths and places; an error's words. */
  readonly detail: string
}

/** The messages that came by one way through Redis, and their cost in this process: of sending and receiving. */
export interface RouteFigures {
  /** The sender → the receiver. */
  readonly route: string
  /** Messages that came back as they were sent. */
  readonly messages: number
  /** Bytes of these. */
  readonly bytes: number
  /** CPU time of a message, user and system, in µs. */
  readonly cpuUsPerMessage: number
  /** Bytes there and back in a second, in MiB. */
  readonly mibPerSecond: number
  /** Page faults that needed no disk, for each MiB: the cost of fresh memory. */
  readonly faultsPerMib: number
  /** The most resident memory beyond that of the start, in MiB. */
  readonly rssMib: number
}

/** The findings of a validation. */
export interface ValidationReport {
  /** Whether everything came back as it was sent. */
  readonly passed: boolean
  /** The first difference, after which the validation ended. */
  readonly difference: Difference | undefined
  /** The ways that were validated, in order. */
  readonly routes: readonly RouteFigures[]
  /** The ways that were left out, and why. */
  readonly skipped: readonly string[]
  /** Messages of the corpus. */
  readonly messages: number
  /** The seed of the random messages: the same seed makes the same corpus. */
  readonly seed: number
  /** The version of Node. */
  readonly node: string
  /** The version of Redis. */
  readonly redis: string
  /** When it began, ISO 8601. */
  readonly startedAt: string
  /** How long it took, in ms. */
  readonly tookMs: number
}

const heads = ['route', 'messages', 'MiB', 'CPU µs/message', 'MiB/s', 'faults/MiB', 'RSS + MiB']

/** The figures as a table, its columns aligned. */
export function reportTable({ routes }: ValidationReport): string {
  const rows = routes.map(({ route, messages, bytes, cpuUsPerMessage, mibPerSecond, faultsPerMib, rssMib }) => [
    route,
    String(messages),
    (bytes / 2 ** 20).toFixed(1),
    ...[cpuUsPerMessage, mibPerSecond, faultsPerMib, rssMib].map((figure) => figure.toFixed(figure < 10 ? 1 : 0))
  ])
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] as string).length)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number))).join('  ')
  return [line(heads), ...rows.map(line)].join('\n')
}
