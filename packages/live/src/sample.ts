import type { PoolStats, SizeClassStats } from '@pool/core'
import type { StatsDirectory } from '@pool/core/interfaces'

const poolFigures = [
  ...(['name', 'kind', 'bufferSize', 'available', 'inUse', 'total', 'capacity', 'utilization', 'peakInUse', 'acquisitions'] as const),
  ...(['misses', 'hitRatio', 'liveBytes', 'inUseBytes', 'idleBytes', 'maxLiveBytes', 'exhaustions', 'waiting', 'timeouts'] as const),
  ...(['leaked', 'heldTooLong', 'quarantined', 'refusedReleases', 'memoryPressure', 'fragmentationRatio'] as const)
]
const classFigures = ['bufferSize', 'available', 'inUse', 'total', 'peakInUse', 'acquisitions', 'misses', 'exhaustions', 'leaked'] as const

/** The figures of a pool that the page shows. */
export type PoolSample = Pick<PoolStats, (typeof poolFigures)[number]> & {
  /** The name; a second pool of that name has `#2` behind it. */
  readonly id: string
  /** Each size class, where the pool has several. */
  readonly sizeClasses: readonly Pick<SizeClassStats, (typeof classFigures)[number]>[]
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

/** What happened to a pool. */
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

/** What is sent to the page once a second. */
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
  /** What happened since the last sample. */
  readonly notices: readonly Notice[]
}

/** The figures of each pool, as they are now. A pool whose `stats()` throws is left out. */
export function samplePools(directory: StatsDirectory): PoolSample[] {
  const taken = new Set<string>()
  const samples: PoolSample[] = []
  for (const source of directory.sources()) {
    let stats: PoolStats
    try {
      stats = source.stats()
    } catch {
      continue
    }
    let id = stats.name
    for (let count = 2; taken.has(id); count++) id = `${stats.name}#${count}`
    taken.add(id)
    const sizeClasses = stats.sizeClasses.length > 1 ? stats.sizeClasses.map((one) => pick(one, classFigures)) : []
    samples.push({ ...pick(stats, poolFigures), id, sizeClasses })
  }
  return samples
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
