/**
 * The interfaces and errors alone, with no `node:` import: for packages that also run in a browser.
 * @module
 */

export type { BufferSource, Lease, WaitOptions } from './interfaces/buffer-source.js'
export type { Connection, LeaseList, LeaseReader, LeaseWriter, ReadOptions, Writing } from './interfaces/connection.js'
export type { Figure, FigureFamily, FiguresDirectory, FiguresSource } from './interfaces/figures-source.js'
export type { PoolEvents, PoolListener, PoolObservable } from './interfaces/observer.js'
export type { Occupancy, OccupancySource } from './interfaces/occupancy.js'
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
