import type { PoolHealth, PoolStats } from '@pool/core/interfaces'
import { assessHealth, healthOf, type PoolFigures, poolStats, Stall } from '@pool/core/kit/universal'

/** The figures from which the stats of any pool of this package are made. */
export interface SlabFigures
  extends Pick<PoolFigures, 'kind' | 'available' | 'inUse' | 'capacity' | 'peakInUse' | 'acquisitions' | 'bytesAllocated' | 'bytesReused'>,
    Partial<Pick<PoolFigures, 'bufferSize' | 'misses' | 'discards' | 'sizeClasses'>> {
  readonly liveBytes: number
  readonly inUseBytes: number
  readonly maxLiveBytes: number
  /** In percent. */
  readonly fragmentation: number
  /** In percent. */
  readonly efficiency: number
}

/** Requests before the share of those served at once is judged. */
const requestsToJudge = 100

/** The figures that a pool records off its hot path. */
export class Ledger {
  /** When the pool was made, in ms of the process's clock. */
  readonly madeAt: number = performance.now()
  /** How long the pool has refused requests without serving any. */
  readonly stall: Stall = new Stall()
  /** Requests that found no room. */
  exhaustions = 0
  /** When the last of them came, in ms of the process's clock. */
  lastExhaustedAt: number | undefined = undefined
  /** Returns that were refused. */
  refusedReleases = 0

  /** Records a request that found no room, with the pool's acquisitions and use at that time. */
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
export function statsOf(pool: { readonly name: string; readonly closed: boolean }, ledger: Ledger, figures: SlabFigures): PoolStats {
  const { liveBytes, fragmentation, efficiency, ...counted } = figures
  const { acquisitions, inUse, inUseBytes, maxLiveBytes } = figures
  const now = performance.now()
  return poolStats({
    ...counted,
    name: pool.name,
    closed: pool.closed,
    releases: acquisitions - inUse,
    idleBytes: liveBytes - inUseBytes,
    maxIdleBytes: maxLiveBytes,
    exhaustions: ledger.exhaustions,
    msSinceExhaustion: ledger.lastExhaustedAt === undefined ? null : now - ledger.lastExhaustedAt,
    stalledMs: ledger.stall.ms(now, acquisitions, inUse, 0),
    refusedReleases: ledger.refusedReleases,
    uptimeMs: now - ledger.madeAt,
    fragmentationRatio: fragmentation / 100,
    efficiencyRatio: efficiency / 100
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
