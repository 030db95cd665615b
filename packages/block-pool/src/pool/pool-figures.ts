import type { PoolHealth, PoolStats } from '@pool/core/interfaces'
import { assessHealth, healthOf, Stall } from '@pool/core/kit/universal'

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

/** Requests before the share of those served at once is judged. */
const requestsToJudge = 100

/** What a pool records off its hot path. */
export class Ledger {
  /** When the pool was made, in ms of the process's clock. */
  readonly madeAt: number = performance.now()
  /** How long the pool has stood still. */
  readonly stall: Stall = new Stall()
  /** Requests that found no room. */
  exhaustions = 0
  /** When the last of them was, likewise. */
  lastExhaustedAt: number | undefined = undefined
  /** Returns that were refused. */
  refusedReleases = 0

  /** Records a request that found no room, and how far the pool was then. */
  exhausted(acquisitions: number, inUse: number): void {
    this.exhaustions++
    this.lastExhaustedAt = performance.now()
    this.stall.refused(this.lastExhaustedAt, acquisitions, inUse, 0)
  }

  /** Counts a return that was refused, and returns its error. */
  refused(error: Error): Error {
    this.refusedReleases++
    return error
  }
}

/** A snapshot in core's form. These pools have no leaks, waits and trimming: those figures are 0. */
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
    stalledMs: ledger.stall.ms(now, acquisitions, inUse, 0),
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

/** Judges a pool by its figures, as core does, and by those of a pool that carves a slab. */
export function judged(stats: PoolStats, fragmentationLimit: number): PoolHealth {
  const { name, hits, acquisitions, exhaustions } = stats
  const fragmentation = (stats.fragmentationRatio ?? 0) * 100
  const requests = acquisitions + exhaustions
  const { warnings, errors } = assessHealth(stats)
  const own: string[] = []
  if (fragmentation > fragmentationLimit) {
    own.push(`pool '${name}': it is fragmented by ${fragmentation.toFixed(1)} %, above ${fragmentationLimit} %.`)
  }
  if (requests >= requestsToJudge && hits < 0.9 * requests) {
    const share = Math.floor((100 * hits) / requests)
    own.push(`pool '${name}': only ${share} % of the requests found memory ready, below 90 %. Make it larger, or warm it.`)
  }
  return healthOf([...own, ...warnings], errors)
}
