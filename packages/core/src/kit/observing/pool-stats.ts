import type { PoolStats, SizeClassStats } from '../../interfaces/stats-source.js'

/** The figures that a size class counts; {@link sizeClassStats} derives the others. */
export type SizeClassFigures = Omit<SizeClassStats, 'total' | 'releases' | 'hits' | 'bytesReused' | 'hitRatio'>

/** The figures of a pool that {@link sumsOf} adds up over its size classes. */
export type SummedFigures = Pick<
  PoolStats,
  | 'available'
  | 'inUse'
  | 'peakInUse'
  | 'acquisitions'
  | 'releases'
  | 'misses'
  | 'discards'
  | 'exhaustions'
  | 'leaked'
  | 'bytesAllocated'
  | 'bytesReused'
>

/**
 * The figures that a pool counts; {@link poolStats} derives the others. A figure that is left out is 0; `bufferSize` and `msSinceExhaustion`
 * are `null`, `utilization` is that of the bytes, `memoryPressure` is `'normal'`, and there are no size classes.
 */
export type PoolFigures = Pick<
  PoolStats,
  | 'name'
  | 'kind'
  | 'closed'
  | 'available'
  | 'inUse'
  | 'capacity'
  | 'peakInUse'
  | 'acquisitions'
  | 'releases'
  | 'bytesAllocated'
  | 'bytesReused'
  | 'inUseBytes'
  | 'idleBytes'
  | 'maxLiveBytes'
  | 'maxIdleBytes'
  | 'exhaustions'
  | 'uptimeMs'
> &
  Partial<
    Omit<PoolStats, 'total' | 'outstanding' | 'hits' | 'hitRatio' | 'reuseRatio' | 'liveBytes' | 'acquisitionsPerSecond' | 'allocationRate'>
  >

/** The snapshot of a size class, frozen. */
export function sizeClassStats(figures: SizeClassFigures): SizeClassStats {
  const { bufferSize, available, inUse, acquisitions, misses, leaked } = figures
  const hits = acquisitions - misses
  return Object.freeze({
    ...figures,
    total: available + inUse,
    releases: acquisitions - inUse - leaked,
    hits,
    bytesReused: hits * bufferSize,
    hitRatio: ratio(hits, acquisitions, 1)
  })
}

/**
 * The figures of a pool that are sums over its size classes. `parts` are the snapshots of all of them, and of buffers outside the classes;
 * a part may leave out a figure that is 0.
 */
export function sumsOf(parts: readonly Partial<SizeClassStats>[]): SummedFigures {
  const sum = (figure: keyof SummedFigures) => parts.reduce((total, part) => total + (part[figure] ?? 0), 0)
  return {
    available: sum('available'),
    inUse: sum('inUse'),
    peakInUse: sum('peakInUse'),
    acquisitions: sum('acquisitions'),
    releases: sum('releases'),
    misses: sum('misses'),
    discards: sum('discards'),
    exhaustions: sum('exhaustions'),
    leaked: sum('leaked'),
    bytesAllocated: sum('bytesAllocated'),
    bytesReused: sum('bytesReused')
  }
}

/**
 * The snapshot of a pool, frozen: its counts, and the ratios, sums and rates that follow from them. Some µs; for `stats()`, off every
 * hot path.
 */
export function poolStats(figures: PoolFigures): PoolStats {
  const { inUseBytes, idleBytes, bytesReused, bytesAllocated, acquisitions, releases, uptimeMs, misses = 0 } = figures
  const perSecond = (count: number) => (uptimeMs > 0 ? (count * 1000) / uptimeMs : 0)
  const hits = acquisitions - misses
  return Object.freeze({
    bufferSize: null,
    utilization: Math.min(1, ratio(inUseBytes, figures.maxLiveBytes, 0)),
    discards: 0,
    oversize: 0,
    waiting: 0,
    timeouts: 0,
    leaked: 0,
    leakedBytes: 0,
    heldTooLong: 0,
    quarantined: 0,
    refusedReleases: 0,
    trimmed: 0,
    memoryPressure: 'normal',
    msSinceExhaustion: null,
    ...figures,
    total: figures.available + figures.inUse,
    outstanding: acquisitions - releases,
    hits,
    misses,
    hitRatio: ratio(hits, acquisitions, 1),
    reuseRatio: ratio(bytesReused, bytesReused + bytesAllocated, 0),
    liveBytes: inUseBytes + idleBytes,
    acquisitionsPerSecond: perSecond(acquisitions),
    allocationRate: perSecond(misses),
    sizeClasses: Object.freeze([...(figures.sizeClasses ?? [])])
  })
}

function ratio(part: number, whole: number, whenNone: number): number {
  return whole > 0 ? part / whole : whenNone
}
