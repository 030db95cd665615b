import { onAbort } from '@pool/core/events'

const nothing = (): void => {}

/**
 * Calls `listener` once when `signal` aborts. One signal may end all that a server does.
 * @returns what ends that
 */
export function whenAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing
  onAbort(signal, listener, Number.MAX_SAFE_INTEGER)
  return () => signal.removeEventListener('abort', listener)
}
