/**
 * The part of the kit without a `node:` import, for pools that also run in a browser.
 * @module
 */

export * from './kit/checks.js'
export { nameOrDefault } from './kit/default-name.js'
export { isPoolError, isRetryable, PoolError, type PoolErrorCode } from './kit/errors.js'
export { ByteRoom } from './kit/leases/byte-room.js'
export { partOfLease } from './kit/leases/part-lease.js'
export { type LeaseKeeper, PooledLease, plainLease } from './kit/leases/pooled-lease.js'
export { type Acquiring, useBuffer, useBufferSync } from './kit/leases/scoped-use.js'
export { takeOver, takeOverAll } from './kit/leases/take-over.js'
export { StampedObject } from './kit/memory/brand.js'
export { type Framing, framings, prefixBytesOf, varintWith, writePrefix } from './kit/memory/framing.js'
export { byteLengthOf, byteOffsetOf, fillBytes, memoryOf } from './kit/memory/intrinsics.js'
export { type TypedArray, type TypedArrayConstructor, typedArrayNamed, typedArrayOver, validTypedArray } from './kit/memory/typed-array.js'
export { type EventChannel, EventHub, EventLine, type EventListener, type EventPlatform, throwLater } from './kit/observing/event-hub.js'
export { announceFigures, type FigureReading, liveFigures, readFigures, retireFigures } from './kit/observing/figures-directory.js'
export { assessHealth, combinedHealth, healthOf } from './kit/observing/health.js'
export { OccupancyMap, occupancyOf } from './kit/observing/occupancy-map.js'
export { CallerPlaces } from './kit/observing/place-of-caller.js'
export { announcePool, livePools, retirePool } from './kit/observing/pool-directory.js'
export {
  type PoolFigures,
  poolStats,
  type SizeClassFigures,
  type SummedFigures,
  sizeClassStats,
  sumsOf
} from './kit/observing/pool-stats.js'
export { requestedSizesOf } from './kit/observing/requested-sizes.js'
export { type Abortable, onAbort, unwatchAbort, watchAbort } from './kit/waiting/abort-watch.js'
export { Stall } from './kit/waiting/stall.js'
export {
  type Waiter,
  WaitLine,
  type WaitOutcome,
  WaitQueue,
  type WaitRefusal,
  type WaitRequest,
  type WaitServer
} from './kit/waiting/wait-queue.js'
