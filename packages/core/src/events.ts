/**
 * Events under the name that they had first.
 * @deprecated Import them from `@pool/core/kit`.
 * @module
 */
import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'
import { EventHub as BareEventHub } from './kit/observing/event-hub.js'
import { nodeEvents } from './kit/observing/node-events.js'

export { EventLine } from './kit/observing/event-hub.js'

/** Every event of one pool, on Node's diagnostics channels too. */
export class EventHub extends BareEventHub {
  /** Bundled beside the class that it extends, this one would print as `EventHub2`. */
  static override readonly name = 'EventHub'

  /** Lines without listeners. */
  constructor() {
    super(nodeEvents)
  }
}

/**
 * Calls `listener` once when `signal` aborts, and raises the signal's limit of listeners to `most`.
 * @deprecated `watchAbort` of `@pool/core/kit` costs the same however many watch one signal.
 */
export function onAbort(signal: AbortSignal, listener: () => void, most: number): void {
  if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(Math.max(most, defaultMaxListeners), signal)
  signal.addEventListener('abort', listener, { once: true })
}
