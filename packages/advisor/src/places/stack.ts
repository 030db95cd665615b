/** A place in code as it runs: after bundling and compiling. */
export interface RunningFrame {
  /** Path, `file:` URL, or the name under which the code runs. */
  readonly script: string
  /** 1 and above. */
  readonly line: number
  /** 1 and above. */
  readonly column: number
  /** Empty where it has none. */
  readonly function: string
}

/** Frames deep enough to leave a library and the event emitter that called it. */
const depth = 40

/**
 * The stack above a function, the innermost frame first; Node's own frames among them. Some 10 to 20 µs. The program's
 * `Error.prepareStackTrace` and `Error.stackTraceLimit` are as before afterwards. Empty where the program has frozen `Error`.
 * @param below - its frame and those within are left out
 */
export function stackAbove(below: (...parameters: never[]) => unknown): RunningFrame[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  const hadOwn = Object.hasOwn(Error, 'prepareStackTrace')
  const holder: { stack?: unknown } = {}
  try {
    Error.prepareStackTrace = (_, sites) => sites
    Error.stackTraceLimit = depth
    Error.captureStackTrace(holder, below)
    return Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]).flatMap(runningFrame) : []
  } catch {
    return []
  } finally {
    restore(hadOwn, prepareStackTrace, stackTraceLimit)
  }
}

function runningFrame(site: NodeJS.CallSite): RunningFrame[] {
  const script = site.getFileName() ?? site.getEvalOrigin()
  const line = site.getLineNumber()
  const column = site.getColumnNumber()
  if (typeof script !== 'string' || line === null || column === null) return []
  return [{ script, line, column, function: site.getFunctionName() ?? '' }]
}

function restore(hadOwn: boolean, prepare: typeof Error.prepareStackTrace, limit: number): void {
  try {
    if (hadOwn) Error.prepareStackTrace = prepare
    else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
    Error.stackTraceLimit = limit
  } catch {
    // A frozen Error was never changed.
  }
}
