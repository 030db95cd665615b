/**
 * Memory pools for Node.js: bounded, checked, observable.
 * @module
 */
export { BufferPool, type BufferPoolOptions } from './buffer-pool.js'
export { isPoolError, PoolError, type PoolErrorCode } from './errors.js'
export { assessHealth } from './health.js'
export type { BufferSource, Lease, WaitOptions } from './interfaces/buffer-source.js'
export type { PoolEvents, PoolListener, PoolObservable } from './interfaces/observer.js'
export type {
  MemoryPressureLevel,
  PoolHealth,
  PoolStats,
  SizeClassStats,
  StatsDirectory,
  StatsSource
} from './interfaces/stats-source.js'
export type { LeakDetection } from './leak-watch.js'
export { memoryLimitBytes } from './memory-limit.js'
export { Pool } from './pool.js'
export { announcePool, livePools, retirePool } from './pool-directory.js'
export { type ManagedPool, PoolManager, poolManager } from './pool-manager.js'
export type { MemoryPressureOptions, PoolOptions } from './pool-options.js'
export { PooledLease } from './pooled-lease.js'
export { presets } from './presets.js'
export { SizeClassPool, type SizeClassPoolOptions } from './size-class-pool.js'
export { createStandardPools, type StandardPools } from './standard-pools.js'
export { UnpooledPool, type UnpooledPoolOptions } from './unpooled-pool.js'
export type { ClearPolicy, DebugMode } from './wiping.js'
