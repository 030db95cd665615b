import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'

/**
 * Calls `listener` once when `signal` aborts. One signal may call off as many as `most`, so that its limit of listeners is raised to
 * that: unless its owner set one, Node would warn of a leak from the 11th on. Take the listener away with `removeEventListener`.
 */
export function onAbort(signal: AbortSignal, listener: () => void, most: number): void {
  if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(Math.max(most, defaultMaxListeners), signal)
  signal.addEventListener('abort', listener, { once: true })
}
