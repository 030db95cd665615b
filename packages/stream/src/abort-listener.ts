import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'

const nothing = (): void => {}

/**
 * Calls `onAbort` once when `signal` aborts.
 * @returns what ends that
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing
  // One signal may end all that a server does; unless its owner set a limit, Node would warn of a leak from the 11th on.
  if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
