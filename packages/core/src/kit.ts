/**
 * Everything that a pool needs off its hot path, once: for packages that make a pool of their own. The pools of the family stand on it.
 *
 * ```
 *   checks · errors · retryable · health      what callers and operators are shown
 *   EventHub, nodeEvents                      events and diagnostics channels
 *   WaitQueue                                 acquires that wait: fair, bounded, safe beside listeners and aborts
 *   PooledLease, partOfLease, plainLease      leases
 *   leaseNow, givenOrShared, ByteRoom         leasing from a pool that was given, within bounds
 *   useBuffer                                 scoped use
 *   CallerPlaces, LeakWarnings                leaks, and where they began
 *   joinHeartbeat, outsideRequests            timers that belong to no request
 *   StampedObject, BufferView                 the private brand, and cheap views
 * ```
 * @module
 */

export { BufferView, type BufferViewConstructor } from './kit/buffer-view.js'
export { givenOrShared } from './kit/given-or-shared.js'
export { type Beating, joinHeartbeat, leaveHeartbeat } from './kit/heartbeat.js'
export { LeakWarnings } from './kit/leak-warnings.js'
export { leaseNow } from './kit/lease-now.js'
export { nodeEvents } from './kit/node-events.js'
export { outsideRequests } from './kit/outside-requests.js'
export { CallerPlaces } from './kit/place-of-caller.js'
export * from './kit-universal.js'
