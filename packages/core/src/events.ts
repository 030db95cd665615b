/**
 * What tells of a pool's life, for whoever writes a pool: its events, on the pool itself and on the diagnostics channels of all pools.
 * @module
 */
export { onAbort } from './abort-listener.js'
export { EventHub, EventLine } from './event-hub.js'
