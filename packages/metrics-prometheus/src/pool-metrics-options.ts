import { PoolError, type StatsDirectory, type StatsSource } from '@pool/core/interfaces'
import { type OpenMetricsContentType, type Registry, register } from 'prom-client'

/** A registry of either content type. */
export type AnyRegistry = Registry | Registry<OpenMetricsContentType>

/** How waits are counted. */
export interface WaitHistogramOptions {
  /** Upper bounds of the buckets, in seconds, ascending. Default 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10. */
  readonly buckets?: readonly number[]
  /** A histogram for each pool, so buckets + 3 more series for each, instead of one for all. Default false. */
  readonly byPool?: boolean
}

/** What to export, and where to. Give `pools` or `manager`, one of them. */
export interface PoolMetricsOptions {
  /** The pools themselves; read anew at each scrape, so that a `Set` may grow and shrink. */
  readonly pools?: Iterable<StatsSource>
  /** Whoever knows the pools: `poolManager`, `livePools`, or a directory of your own. Asked at each scrape. */
  readonly manager?: StatsDirectory
  /** Where the metrics are registered. Default: the global registry of `prom-client`. */
  readonly registry?: AnyRegistry
  /** What every name begins with. Default `buffer_pool_`. */
  readonly prefix?: string
  /** Counts how long gets waited. Each wait then costs one `observe()`; gets that do not wait cost nothing. Default false. */
  readonly waitHistogram?: boolean | WaitHistogramOptions
}

/** The options, checked, defaults filled in. */
export interface PoolMetricsSettings {
  readonly directory: StatsDirectory
  readonly registry: AnyRegistry
  readonly prefix: string
  readonly waitHistogram: Required<WaitHistogramOptions> | undefined
}

const names = ['pools', 'manager', 'registry', 'prefix', 'waitHistogram']
const defaultBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

/** Checks the options; throws `ERR_POOL_INVALID_OPTION`, naming the one that is wrong. */
export function poolMetricsSettings(options: PoolMetricsOptions): PoolMetricsSettings {
  requireKeys('options', options, names)
  const { registry = register, prefix = 'buffer_pool_' } = options
  if (typeof registry !== 'object' || registry === null || typeof registry.registerMetric !== 'function') {
    throw invalid('registry', 'a Registry of prom-client')
  }
  if (typeof prefix !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/.test(prefix)) {
    throw invalid('prefix', '1 to 100 letters, digits and underscores, no digit first')
  }
  return { directory: directoryOf(options), registry, prefix, waitHistogram: waitHistogramSettings(options.waitHistogram) }
}

function directoryOf({ pools, manager }: PoolMetricsOptions): StatsDirectory {
  if ((pools === undefined) === (manager === undefined)) throw invalid('pools or manager', 'given, one of them and not both')
  if (manager !== undefined) {
    if (typeof manager === 'object' && manager !== null && typeof manager.sources === 'function') return manager
    throw invalid('manager', 'something with sources(), such as poolManager or livePools')
  }
  const iterate: unknown = typeof pools === 'object' && pools !== null ? pools[Symbol.iterator] : undefined
  if (pools === undefined || typeof iterate !== 'function') throw invalid('pools', 'an iterable of pools, such as an array')
  const iterator = pools[Symbol.iterator]()
  if (Object.is(iterator, pools)) throw invalid('pools', 'iterable again and again; this one is spent after the first scrape. Use an array')
  for (const pool of pools) {
    if (typeof pool !== 'object' || pool === null || typeof pool.stats !== 'function') throw invalid('pools', 'pools, each with stats()')
  }
  return { sources: () => pools }
}

function waitHistogramSettings(given: boolean | WaitHistogramOptions | undefined): Required<WaitHistogramOptions> | undefined {
  if (given === undefined || given === false) return undefined
  const options = given === true ? {} : given
  requireKeys('waitHistogram', options, ['buckets', 'byPool'])
  const { buckets = defaultBuckets, byPool = false } = options
  const ascend = Array.isArray(buckets) && buckets.every((bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? 0))
  if (!ascend || buckets.length < 1 || buckets.length > 50) {
    throw invalid('waitHistogram.buckets', '1 to 50 numbers of seconds above 0, ascending')
  }
  if (typeof byPool !== 'boolean') throw invalid('waitHistogram.byPool', 'true or false')
  return { buckets: [...buckets], byPool }
}

function requireKeys(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw invalid(name, 'an object')
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) throw invalid(name, `an object with ${known.join(', ')} alone; it has '${unknown.slice(0, 50)}'`)
}

function invalid(name: string, expected: string): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}.`)
}
