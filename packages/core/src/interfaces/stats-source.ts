/** How short the process is of memory: below its thresholds, past the first, past the second. */
export type MemoryPressureLevel = 'normal' | 'elevated' | 'critical'

/** The figures of one size class. Counts since the pool was made, unless said otherwise. */
export interface SizeClassStats {
  /** Bytes of each buffer of the class. */
  readonly bufferSize: number
  /** Buffers idle in the pool now. */
  readonly available: number
  /** Buffers out with users now. */
  readonly inUse: number
  /** Buffers alive now: `available + inUse`. */
  readonly total: number
  /** The most buffers that were out at once. */
  readonly peakInUse: number
  /** Buffers handed out. */
  readonly acquisitions: number
  /** Buffers given back. */
  readonly releases: number
  /** Acquires served by a buffer that was used before or made ahead. */
  readonly hits: number
  /** Acquires that had to allocate. */
  readonly misses: number
  /** Buffers given back and not kept. */
  readonly discards: number
  /** Acquires refused or made to wait because a bound was reached. */
  readonly exhaustions: number
  /** Buffers that were collected while out: they were never released. */
  readonly leaked: number
  /** Bytes allocated for this class, ahead and on demand. */
  readonly bytesAllocated: number
  /** Bytes handed out without allocating: `hits × bufferSize`. */
  readonly bytesReused: number
  /** `hits / (hits + misses)`, 0..1; 1 before the first acquire. */
  readonly hitRatio: number
}

/**
 * One immutable snapshot of a pool. Counts since the pool was made, unless said otherwise; bytes, milliseconds, ratios 0..1;
 * no figure is ever NaN or infinite, so that JSON holds each. A bound that is not set is `Number.MAX_SAFE_INTEGER`.
 */
export interface PoolStats {
  /** The pool's name. */
  readonly name: string
  /** The kind of pool: `buffer`, `size-class`, `unpooled`, `secure`, `block`, … */
  readonly kind: string
  /** Whether it was destroyed. */
  readonly closed: boolean
  /** Bytes of each buffer where all are of one size, else `null`. */
  readonly bufferSize: number | null
  /** Buffers idle in the pool now. */
  readonly available: number
  /** Buffers out with users now. */
  readonly inUse: number
  /** Buffers alive now: `available + inUse`. */
  readonly total: number
  /** The most buffers that may be alive at once, those above the largest class among them. */
  readonly capacity: number
  /** The share of its bound that is in use, by count or by bytes, whichever is nearer to the bound: 0..1. */
  readonly utilization: number
  /** The most buffers that were out at once; of a pool with several size classes the sum of their peaks, which may lie in different times. */
  readonly peakInUse: number
  /** Buffers handed out. */
  readonly acquisitions: number
  /** Buffers given back. */
  readonly releases: number
  /** `acquisitions - releases`: the buffers in use, and those lost for good. */
  readonly outstanding: number
  /** Acquires served by a buffer that was used before or made ahead. */
  readonly hits: number
  /** Acquires that had to allocate, those above the largest class among them. */
  readonly misses: number
  /** Buffers given back and not kept. */
  readonly discards: number
  /** Acquires above the largest class, served by a buffer that is never kept. */
  readonly oversize: number
  /** `hits / (hits + misses)`, 0..1; 1 before the first acquire. */
  readonly hitRatio: number
  /** Bytes allocated, ahead and on demand. */
  readonly bytesAllocated: number
  /** Bytes handed out without allocating. */
  readonly bytesReused: number
  /** `bytesReused / (bytesReused + bytesAllocated)`, 0..1; 0 before the first. */
  readonly reuseRatio: number
  /** Bytes that the pool keeps alive now: `inUseBytes + idleBytes`. */
  readonly liveBytes: number
  /** Bytes out with users now. */
  readonly inUseBytes: number
  /** Bytes idle in the pool now. */
  readonly idleBytes: number
  /** Bound on `liveBytes`. */
  readonly maxLiveBytes: number
  /** Bound on `idleBytes`. */
  readonly maxIdleBytes: number
  /** Acquires refused or made to wait because a bound was reached. */
  readonly exhaustions: number
  /** Milliseconds since the last of them; `null` before the first. */
  readonly msSinceExhaustion: number | null
  /** Acquires waiting now. */
  readonly waiting: number
  /**
   * Milliseconds since the pool refused an acquire, or made it wait, when none has been served since: how long the pool has stood still.
   * 0 while it serves. Optional: a pool that does not measure it leaves it out.
   */
  readonly stalledMs?: number
  /** Waits that ended by their timeout. */
  readonly timeouts: number
  /** Buffers that were collected while out: they were never released. */
  readonly leaked: number
  /** Bytes of the buffers that leaked. */
  readonly leakedBytes: number
  /** Buffers out for longer than `heldTooLongMs`, now. */
  readonly heldTooLong: number
  /** Buffers withdrawn because a write to them may be under way, or came after release. */
  readonly quarantined: number
  /** Releases refused: double, foreign, of a part. */
  readonly refusedReleases: number
  /** Idle buffers given back to the collector, by trimming or to make room for other sizes at `maxLiveBytes`. */
  readonly trimmed: number
  /** How short the process is of memory, as the pool saw it last. */
  readonly memoryPressure: MemoryPressureLevel
  /** Milliseconds since the pool was made. */
  readonly uptimeMs: number
  /** `acquisitions` by `uptimeMs`, per second. */
  readonly acquisitionsPerSecond: number
  /** Acquires that had to allocate (`misses`) by `uptimeMs`, per second. */
  readonly allocationRate?: number
  /** Each size class, by size ascending; of a pool that adapts, those too that it had before and that still have counts of their own. */
  readonly sizeClasses: readonly SizeClassStats[]
  /** Share of the free memory that is not in its largest free run, 0..1, where a pool carves a slab. */
  readonly fragmentationRatio?: number
  /** Share of the slab that serves requests as it should, 0..1, where a pool carves a slab. */
  readonly efficiencyRatio?: number
}

/** The state of a pool, or of all pools, in sentences for people; no part of them comes from a buffer. */
export interface PoolHealth {
  /** Whether there is no error; warnings are allowed. */
  readonly healthy: boolean
  /** States that deserve a look, though the pool serves. */
  readonly warnings: readonly string[]
  /** States that keep a pool from serving. */
  readonly errors: readonly string[]
}

/** A source of a pool's figures: all that exporters and health routes need of a pool. */
export interface StatsSource {
  /** The pool's name in metrics. */
  readonly name: string
  /** A snapshot, made on each call; the hot path pays nothing for it. */
  stats(): PoolStats
}

/** A directory of pools, which also knows those made later. */
export interface StatsDirectory {
  /** The pools that exist now. */
  sources(): Iterable<StatsSource>
}

/**
 * The values of an option `pools` in every package of the family: one pool, an iterable of pools that is read anew each time (an array, a
 * `Set` that may grow), or a directory such as `livePools` or a `PoolManager`.
 */
export type PoolSources = StatsSource | Iterable<StatsSource> | StatsDirectory
