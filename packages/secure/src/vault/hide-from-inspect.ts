import { PoolError } from '@pool/core'

const inspectFile = 'node:internal/util/inspect'
const realLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get as () => number

/**
 * Keeps Node's `inspect` from showing the bytes of a view where it does not ask the view how: with `customInspect: false`, as
 * `console.dir` and the messages of `assert` have it. To be called by the view's `Symbol.toStringTag`, which `inspect` reads first.
 *
 * ```
 *   inspect ─► toStringTag ─► length: 0, so "[]" ─► ends
 *                                │ showHidden: goes on to the content
 *                                ▼
 *                             length: throws
 * ```
 *
 * Until the next question for its length, `prototype` then has an accessor for it. All but `inspect` get the true length from it, and end it.
 */
export function hideFromInspect(prototype: object): void {
  if (callerBehind(2)?.file !== inspectFile) return
  const length = function (this: Uint8Array): number {
    const caller = callerBehind(1)
    if (caller?.file === inspectFile && caller.name === 'formatRaw') return 0
    delete (prototype as { length?: number }).length
    if (caller?.file === inspectFile && caller.name === 'formatTypedArray') {
      throw new PoolError('ERR_POOL_SECURE_SHOWN', 'a secret was to be shown byte by byte. Leave out customInspect: false or showHidden.')
    }
    return realLength.call(this)
  }
  Object.defineProperty(prototype, 'length', { get: length, configurable: true })
}

/** The function that stands `depth` calls behind the one that asks. Some 3 µs. */
function callerBehind(depth: number): { readonly file: string | undefined; readonly name: string | null } | undefined {
  if (Object.isFrozen(Error)) return undefined
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = depth + 1
    Error.prepareStackTrace = (_, frames) => frames
    const holder: { stack?: NodeJS.CallSite[] } = {}
    Error.captureStackTrace(holder, callerBehind)
    const frame = holder.stack?.[depth]
    return frame && { file: frame.getFileName() ?? undefined, name: frame.getFunctionName() }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
}
