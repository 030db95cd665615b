/** The first thing that was not as it was sent. */
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

/** What one way through Redis brought, and cost in this process: sending and receiving. */
export interface RouteFigures {
  /** What sends → what receives. */
  readonly route: string
  /** Messages that came back as they were sent. */
  readonly messages: number
  /** Bytes of these. */
  readonly bytes: number
  /** CPU time of a message, user and system, in µs. */
  readonly cpuUsPerMessage: number
  /** Bytes there and back in a second, in MiB. */
  readonly mibPerSecond: number
  /** Page faults that needed no disk, for each MiB: what fresh memory costs. */
  readonly faultsPerMib: number
  /** The most resident memory beyond what there was before, in MiB. */
  readonly rssMib: number
}

/** What a validation found. */
export interface ValidationReport {
  /** Whether everything came back as it was sent. */
  readonly passed: boolean
  /** The first that did not, after which the validation ended. */
  readonly difference: Difference | undefined
  /** What was validated, in order. */
  readonly routes: readonly RouteFigures[]
  /** What was left out, and why. */
  readonly skipped: readonly string[]
  /** Messages of the corpus. */
  readonly messages: number
  /** What the random messages are made from: the same seed makes the same corpus. */
  readonly seed: number
  /** Of Node. */
  readonly node: string
  /** Of Redis. */
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
