import { onAbort } from '@pool/core/events'

const nothing = (): void => {}

/**
 * Calls `listener` once when `signal` aborts. One signal may end all that a server does.
 * @returns a function that ends the listening
 */
export function whenAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing
  onAbort(signal, listener, Number.MAX_SAFE_INTEGER)
  return () => signal.removeEventListener('abort', listener)
}

/**
 * The result of `run`, or a rejection with the signal's reason as soon as the signal aborts. `run` gets a function that ends the
 * listening, for when it is too late to call it off.
 * @param dropLate - called with a result that came after the rejection
 */
export function untilAborted<T>(
  signal: AbortSignal | undefined,
  run: (unlisten: () => void) => Promise<T>,
  dropLate: (result: T) => void = nothing
): Promise<T> {
  if (signal === undefined) return run(nothing)
  return new Promise((resolve, reject) => {
    let isLate = false
    const unlisten = whenAborted(signal, () => {
      isLate = true
      reject(signal.reason)
    })
    run(unlisten)
      .then((result) => (isLate ? dropLate(result) : resolve(result)), reject)
      .finally(unlisten)
  })
}
