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
/** Code that is made anew all the time would otherwise add stacks without end. */
const mostKnown = 4096

/** A frame as `util.getCallSites` gives it. Code that was made by a text has no name; earlier Nodes 22 have no id, and name the column otherwise. */
interface Site {
  readonly scriptId?: string
  readonly scriptName: string
  readonly lineNumber: number
  readonly column?: number
  readonly columnNumber?: number
}

/** Reads stacks without the errors of {@link wholeStack}; not in Node 20. */
const { getCallSites } = process.getBuiltinModule('node:util') as {
  readonly getCallSites?: (frames: number, options: { readonly sourceMap: boolean }) => Site[]
}

/**
 * Reads stacks. Each is read whole once, with the asynchronous callers behind its frames, and found by its frames when they are met again: reading a whole one makes V8 collect
 * sooner on Node 24. Of asynchronous callers behind the same frames, only the first one's are known.
 */
export class StackReader {
  readonly #known = new Map<string, readonly RunningFrame[]>()

  /**
   * The stack above a function, the innermost frame first; Node's own frames among them. Some 10 µs. The program's `Error.prepareStackTrace` and
   * `Error.stackTraceLimit` are as before afterwards. Empty where the program has frozen `Error`.
   * @param below - its frame and those within are left out
   */
  above(below: (...parameters: never[]) => unknown): readonly RunningFrame[] {
    if (getCallSites === undefined) return wholeStack(below)
    const key = getCallSites(depth, { sourceMap: false }).map(keyOfSite).join('|')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const stack = wholeStack(below)
    if (this.#known.size < mostKnown) this.#known.set(key, stack)
    return stack
  }
}

function keyOfSite({ scriptId, scriptName, lineNumber, column, columnNumber }: Site): string {
  return `${scriptId ?? scriptName}:${lineNumber}:${columnNumber ?? column}`
}

function wholeStack(below: (...parameters: never[]) => unknown): RunningFrame[] {
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
