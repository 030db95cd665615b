import { onAbort } from '@pool/core/kit'

const nothing = (): void => {}

/**
 * The result of `run`, or a rejection with the signal's reason as soon as the signal aborts. `run` gets a function that ends the
 * listening, for when it is too late to call it off.
 * @param signal - has not aborted yet
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
    const unlisten = onAbort(signal, (reason) => {
      isLate = true
      reject(reason)
    })
    run(unlisten)
      .then((result) => (isLate ? dropLate(result) : resolve(result)), reject)
      .finally(unlisten)
  })
}
