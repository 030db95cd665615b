/**
 * The part of the kit without a `node:` import, for pools that also run in a browser.
 * @module
 */
export { type Abortable, onAbort, unwatchAbort, watchAbort } from './kit/abort-watch.js'
export { StampedObject } from './kit/brand.js'
export { ByteRoom } from './kit/byte-room.js'
export * from './kit/checks.js'
export { isPoolError, PoolError, type PoolErrorCode } from './kit/errors.js'
export { type EventChannel, EventHub, EventLine, type EventListener, type EventPlatform } from './kit/event-hub.js'
export { type Framing, framings, prefixBytesOf, varintWith, writePrefix } from './kit/framing.js'
export { assessHealth, combinedHealth, healthOf } from './kit/health.js'
export { byteLengthOf, byteOffsetOf, fillBytes, memoryOf } from './kit/intrinsics.js'
export { partOfLease } from './kit/part-lease.js'
export { plainLease } from './kit/plain-lease.js'
export { announcePool, livePools, retirePool } from './kit/pool-directory.js'
export { type LeaseKeeper, PooledLease } from './kit/pooled-lease.js'
export { isRetryable } from './kit/retryable.js'
export { type Releasing, useBuffer, useBufferSync } from './kit/scoped-use.js'
export { Stall } from './kit/stall.js'
export { type TypedArray, type TypedArrayConstructor, typedArrayNamed, typedArrayOver, validTypedArray } from './kit/typed-array.js'
export {
  type Waiter,
  WaitLine,
  type WaitOutcome,
  WaitQueue,
  type WaitRefusal,
  type WaitRequest,
  type WaitServer
} from './kit/wait-queue.js'
