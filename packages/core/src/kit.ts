/**
 * Everything that a pool needs off its hot path, once: for packages that make a pool of their own. The pools of the family stand on it.
 *
 * ```
 *   checks · errors · retryable · health      errors and reports for callers and operators
 *   EventHub, EventSet, nodeEvents            events and diagnostics channels
 *   throwLater                                mistakes of listeners and callbacks, thrown where they are seen
 *   announcePool, announceFigures             pools and figures that exporters find by themselves
 *   poolStats, sizeClassStats                 snapshots, from the counts of a pool
 *   peakResidentBytes                         the most memory of the process
 *   WaitQueue                                 acquires that wait: fair, bounded, safe beside listeners and aborts
 *   PooledLease, partOfLease, plainLease      leases
 *   takeOver, takeOverAll                     leases that were given, made the taker's own
 *   leaseNow, givenOrShared, ByteRoom         leasing from a pool that was given, within bounds
 *   useBuffer                                 scoped use
 *   CallerPlaces, LeakWarnings                leaks, and where they began
 *   joinHeartbeat, outsideRequests            timers that belong to no request
 *   whenOver                                  the end of a response, however it comes
 *   StampedObject, BufferView                 the private brand, and cheap views
 * ```
 * @module
 */

export { givenOrShared, leaseNow } from './kit/leases/given-pool.js'
export { BufferView, type BufferViewConstructor } from './kit/memory/buffer-view.js'
export type { NonSharedBuffer } from './kit/memory/non-shared-buffer.js'
export { EventSet } from './kit/observing/event-set.js'
export { LeakWarnings } from './kit/observing/leak-warnings.js'
export { nodeEvents } from './kit/observing/node-events.js'
export { peakResidentBytes } from './kit/observing/peak-resident-bytes.js'
export { type Beating, joinHeartbeat, leaveHeartbeat, outsideRequests } from './kit/waiting/heartbeat.js'
export { whenOver } from './kit/waiting/response-over.js'
export * from './kit-universal.js'
