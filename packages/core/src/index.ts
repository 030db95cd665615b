/**
 * Memory pools for Node.js: bounded, checked, observable.
 * @module
 */

export type { ClearPolicy, DebugMode } from './arena/wiping.js'
export type { BufferSource, Lease, WaitOptions } from './interfaces/buffer-source.js'
export type { Connection, LeaseList, LeaseReader, LeaseWriter, ReadOptions, Writing } from './interfaces/connection.js'
export type { PoolEvents, PoolListener, PoolObservable } from './interfaces/observer.js'
export type { SizeBucket, SizeHistogram, SizeHistogramSource } from './interfaces/size-histogram.js'
export type {
  MemoryPressureLevel,
  PoolHealth,
  PoolSources,
  PoolStats,
  SizeClassStats,
  StatsDirectory,
  StatsSource
} from './interfaces/stats-source.js'
export { isPoolError, PoolError, type PoolErrorCode } from './kit/errors.js'
export type { NonSharedBuffer } from './kit/memory/non-shared-buffer.js'
export { assessHealth } from './kit/observing/health.js'
export { announcePool, livePools, retirePool } from './kit/observing/pool-directory.js'
export { BufferPool, type BufferPoolOptions } from './pools/buffer-pool.js'
export { Pool, PooledLease } from './pools/pool.js'
export { type ManagedPool, PoolManager, poolManager } from './pools/pool-manager.js'
export type { MemoryPressureOptions, PoolOptions } from './pools/pool-options.js'
export { presets } from './pools/presets.js'
export { SizeClassPool, type SizeClassPoolOptions } from './pools/size-class-pool.js'
export { createStandardPools, type StandardPools } from './pools/standard-pools.js'
export { UnpooledPool, type UnpooledPoolOptions } from './pools/unpooled-pool.js'
export type { LeakDetection } from './watching/leak-watch.js'
export { memoryLimitBytes } from './watching/memory-limit.js'
