import type { PoolStats, SizeClassStats } from '@pool/core'
import type { StatsDirectory, StatsSource } from '@pool/core/interfaces'
import { can, requestedSizesOf } from '@pool/core/kit'
import { type Recommendation, recommend } from '@pool/core/recommend'

const poolFigures = [
  ...(['name', 'kind', 'bufferSize', 'available', 'inUse', 'total', 'capacity', 'utilization', 'peakInUse', 'acquisitions'] as const),
  ...(['misses', 'hitRatio', 'liveBytes', 'inUseBytes', 'idleBytes', 'maxLiveBytes', 'exhaustions', 'waiting', 'timeouts'] as const),
  ...(['leaked', 'heldTooLong', 'quarantined', 'refusedReleases', 'memoryPressure', 'fragmentationRatio'] as const)
]
const classFigures = ['bufferSize', 'available', 'inUse', 'total', 'peakInUse', 'acquisitions', 'misses', 'exhaustions', 'leaked'] as const

/** Sizes of a pool that are sent, the largest ones where there are more. */
const mostSizes = 128

/** The figures of a pool that the page shows. */
export type PoolSample = Pick<PoolStats, (typeof poolFigures)[number]> & {
  /** The name; a second pool of that name has `#2` behind it. */
  readonly id: string
  /** Whether the pool carves a slab of which a map can be drawn. */
  readonly hasMap: boolean
  /** Each size class, where the pool has several. */
  readonly sizeClasses: readonly Pick<SizeClassStats, (typeof classFigures)[number]>[]
}

/** The advice on a pool's options that follows from its figures, and the sizes that it is asked for. */
export interface PoolAdvice {
  /** Its pool, as in {@link PoolSample}. */
  readonly id: string
  /** The recommended changes, the most urgent first; one of the kind `nothing` where nothing is to be gained. */
  readonly recommendations: readonly Pick<Recommendation, 'kind' | 'finding' | 'remedy'>[]
  /** The sizes asked for, ascending; empty where the pool does not know them. */
  readonly sizes: readonly { readonly bytes: number; readonly requests: number }[]
}

/** The figures of the process. */
export interface ProcessSample {
  /** Resident memory, bytes. */
  readonly rss: number
  /** Heap in use, bytes. */
  readonly heapUsed: number
  /** Memory of Buffers and ArrayBuffers, bytes. */
  readonly arrayBuffers: number
  /** CPU time since the process began, ms. */
  readonly cpuMs: number
}

/** An event of a pool. */
export interface Notice {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Its pool. */
  readonly pool: string
  /** The event. */
  readonly event: string
  /** A sentence for people. */
  readonly text: string
  /** How often it happened since the last sample; the sentence is that of the last time. */
  readonly times: number
  /** Where the buffer was acquired, if that was sampled. */
  readonly place?: string | undefined
}

/** The data sent to the page once a second. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The process; without it where pools of another process are shown. */
  readonly process?: ProcessSample & {
    /** Collections since the last sample. */
    readonly collections: number
    /** Their time, ms. */
    readonly collectionMs: number
  }
  /** Each pool. */
  readonly pools: readonly PoolSample[]
  /** The events since the last sample. */
  readonly notices: readonly Notice[]
  /** Advice on each pool; not in every sample. */
  readonly advice?: readonly PoolAdvice[]
}

/** A pool that was read. */
export interface PoolReading {
  /** As in {@link PoolSample}. */
  readonly id: string
  readonly stats: PoolStats
  readonly source: StatsSource
}

/** Reads each pool, as it is now. A pool whose `stats()` throws is left out. */
export function readPools(directory: StatsDirectory): PoolReading[] {
  const found = new Map<string, PoolReading>()
  for (const source of directory.sources()) {
    let stats: PoolStats
    try {
      stats = source.stats()
    } catch {
      continue
    }
    let id = stats.name
    for (let count = 2; found.has(id); count++) id = `${stats.name}#${count}`
    found.set(id, { id, stats, source })
  }
  return [...found.values()]
}

/** The figures of each pool that the page shows. */
export function samplesOf(readings: readonly PoolReading[]): PoolSample[] {
  return readings.map(({ id, stats, source }) => {
    const sizeClasses = stats.sizeClasses.length > 1 ? stats.sizeClasses.map((one) => pick(one, classFigures)) : []
    return { ...pick(stats, poolFigures), id, hasMap: can(source, 'occupancy'), sizeClasses }
  })
}

/** Advice on each pool. A pool whose sizes throw, or whose figures are not valid, is left out. Some 100 µs for each. */
export function adviceOn(readings: readonly PoolReading[]): PoolAdvice[] {
  return readings.flatMap(({ id, stats, source }) => {
    try {
      const histogram = requestedSizesOf(source)
      const buckets = histogram?.buckets.slice(-mostSizes) ?? []
      const recommendations = recommend(stats, histogram).map((one) => pick(one, ['kind', 'finding', 'remedy']))
      return [{ id, recommendations, sizes: buckets.map(({ largestBytes, requests }) => ({ bytes: largestBytes, requests })) }]
    } catch {
      return []
    }
  })
}

/** The figures of this process, as they are now. */
export function sampleProcess(): ProcessSample {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { rss, heapUsed, arrayBuffers, cpuMs: (user + system) / 1000 }
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>
}
