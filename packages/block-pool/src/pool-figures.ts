import type { PoolHealth, PoolStats } from '@pool/core/interfaces'

/** The figures from which the stats of any pool of this package are made. */
export interface PoolFigures {
  /** `block`, `extent` or `sample`. */
  readonly kind: string
  readonly bufferSize: number | null
  readonly available: number
  readonly inUse: number
  readonly capacity: number
  readonly peakInUse: number
  readonly acquisitions: number
  /** Default 0. */
  readonly misses?: number
  /** Default 0. */
  readonly discards?: number
  readonly bytesAllocated: number
  readonly bytesReused: number
  readonly liveBytes: number
  readonly inUseBytes: number
  readonly maxLiveBytes: number
  /** Default: none. */
  readonly sizeClasses?: PoolStats['sizeClasses']
  /** In percent. */
  readonly fragmentation: number
  /** In percent. */
  readonly efficiency: number
}

/** What a pool notes off its hot path. */
export class Ledger {
  /** When the pool was made, in ms of the process's clock. */
  readonly madeAt: number = performance.now()
  /** Requests that found no room. */
  exhaustions = 0
  /** When the last of them was, likewise. */
  lastExhaustedAt: number | undefined = undefined
  /** Returns that were refused. */
  refusedReleases = 0

  /** A request found no room. */
  exhausted(): void {
    this.exhaustions++
    this.lastExhaustedAt = performance.now()
  }

  /** Counts a return that was refused, and returns its error. */
  refused(error: Error): Error {
    this.refusedReleases++
    return error
  }
}

/** A snapshot in core's form. What these pools can't have, leaks, waits and trimming, is 0. */
export function statsOf(pool: { readonly name: string; readonly closed: boolean }, ledger: Ledger, figures: PoolFigures): PoolStats {
  const { acquisitions, misses = 0, inUse, available, liveBytes, inUseBytes, maxLiveBytes, bytesAllocated, bytesReused } = figures
  const now = performance.now()
  const uptimeMs = now - ledger.madeAt
  return Object.freeze({
    name: pool.name,
    kind: figures.kind,
    closed: pool.closed,
    bufferSize: figures.bufferSize,
    available,
    inUse,
    total: available + inUse,
    capacity: figures.capacity,
    utilization: maxLiveBytes > 0 ? Math.min(1, inUseBytes / maxLiveBytes) : 0,
    peakInUse: figures.peakInUse,
    acquisitions,
    releases: acquisitions - inUse,
    outstanding: inUse,
    hits: acquisitions - misses,
    misses,
    discards: figures.discards ?? 0,
    oversize: 0,
    hitRatio: acquisitions > 0 ? (acquisitions - misses) / acquisitions : 1,
    bytesAllocated,
    bytesReused,
    reuseRatio: bytesReused > 0 ? bytesReused / (bytesReused + bytesAllocated) : 0,
    liveBytes,
    inUseBytes,
    idleBytes: liveBytes - inUseBytes,
    maxLiveBytes,
    maxIdleBytes: maxLiveBytes,
    exhaustions: ledger.exhaustions,
    msSinceExhaustion: ledger.lastExhaustedAt === undefined ? null : now - ledger.lastExhaustedAt,
    waiting: 0,
    timeouts: 0,
    leaked: 0,
    leakedBytes: 0,
    heldTooLong: 0,
    quarantined: 0,
    refusedReleases: ledger.refusedReleases,
    trimmed: 0,
    memoryPressure: 'normal',
    uptimeMs,
    acquisitionsPerSecond: uptimeMs > 0 ? (acquisitions * 1000) / uptimeMs : 0,
    sizeClasses: figures.sizeClasses ?? Object.freeze([]),
    fragmentationRatio: figures.fragmentation / 100,
    efficiencyRatio: figures.efficiency / 100
  })
}

/** Above which a pool of this package is warned of, in percent. */
export interface HealthLimits {
  readonly fragmentation: number
  readonly utilization: number
}

/** Judges a pool by its figures. A warning is for somebody to look at; an error keeps it from serving. */
export function healthOf(stats: PoolStats, limits: HealthLimits): PoolHealth {
  const { name, inUse, utilization, exhaustions, msSinceExhaustion, refusedReleases } = stats
  const fragmentation = (stats.fragmentationRatio ?? 0) * 100
  const warnings: string[] = []
  const errors: string[] = []
  if (fragmentation > limits.fragmentation) warnings.push(`pool '${name}': it is fragmented by ${fragmentation.toFixed(1)} %.`)
  if (utilization * 100 > limits.utilization) warnings.push(`pool '${name}': ${Math.floor(utilization * 100)} % of its bound is in use.`)
  if (msSinceExhaustion !== null && msSinceExhaustion < 60_000) {
    warnings.push(`pool '${name}': it ran out within the last minute, ${exhaustions} times since it was made.`)
  }
  if (refusedReleases > 0) warnings.push(`pool '${name}': ${refusedReleases} releases were refused: double, stale or foreign.`)
  if (utilization >= 1) errors.push(`pool '${name}': all of its bound is in use, ${inUse} of it.`)
  return Object.freeze({ healthy: errors.length === 0, warnings: Object.freeze(warnings), errors: Object.freeze(errors) })
}
