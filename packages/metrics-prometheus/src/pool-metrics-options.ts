import type { PoolSources, StatsDirectory } from '@pool/core/interfaces'
import { can, invalid, livePools, validBoolean, validOptions, validPools } from '@pool/core/kit/universal'
import type { OpenMetricsContentType, Registry } from 'prom-client'
import { globalRegistry } from './prom-client-parts.js'

/** A registry of either content type. */
export type AnyRegistry = Registry | Registry<OpenMetricsContentType>

/** How waits are counted. */
export interface WaitHistogramOptions {
  /** Upper bounds of the buckets, in seconds, ascending. Default 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10. */
  readonly buckets?: readonly number[]
  /** A histogram for each pool, so buckets + 3 more series for each, instead of one for all. Default false. */
  readonly byPool?: boolean
}

/** The pools to export, and the registry to export them to. */
export interface PoolMetricsOptions {
  /**
   * The pools to export: one, an iterable of them, or a directory such as `livePools` or `poolManager`. Read anew at each scrape, so that
   * a `Set` may grow and shrink. Default: `livePools`, every pool of the process.
   */
  readonly pools?: PoolSources
  /** @deprecated the old name of `pools`. */
  readonly manager?: PoolSources
  /**
   * Whether the figures of connections, queues and all other sources announced to `liveFigures` are exported beside the pools.
   * Default: true where `pools` is not given, else false.
   */
  readonly figures?: boolean
  /** Where the metrics are registered. Default: the global registry of `prom-client`. */
  readonly registry?: AnyRegistry
  /** The prefix of every name. Default `buffer_pool_`. */
  readonly prefix?: string
  /** Counts how long gets waited. Each wait then costs one `observe()`; gets that do not wait cost nothing. Default false. */
  readonly waitHistogram?: boolean | WaitHistogramOptions
}

/** The options, checked, defaults filled in. */
export interface PoolMetricsSettings {
  readonly directory: StatsDirectory
  readonly figures: boolean
  readonly registry: AnyRegistry
  readonly prefix: string
  readonly waitHistogram: Required<WaitHistogramOptions> | undefined
}

const names = ['pools', 'manager', 'figures', 'registry', 'prefix', 'waitHistogram']
const defaultBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

/** Checks the options; throws `ERR_POOL_INVALID_OPTION`, naming the one that is wrong. */
export function poolMetricsSettings(options: PoolMetricsOptions): PoolMetricsSettings {
  validOptions('options', options, names)
  const { registry = globalRegistry, prefix = 'buffer_pool_' } = options
  if (!can(registry, 'registerMetric')) throw invalid('registry', 'a Registry of prom-client', registry)
  if (typeof prefix !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/.test(prefix)) {
    throw invalid('prefix', '1 to 100 letters, digits and underscores, no digit first', prefix)
  }
  return {
    directory: validPools(options, livePools),
    figures: validBoolean('figures', options.figures ?? (options.pools ?? options.manager) === undefined),
    registry,
    prefix,
    waitHistogram: waitHistogramSettings(options.waitHistogram)
  }
}

function waitHistogramSettings(given: boolean | WaitHistogramOptions | undefined): Required<WaitHistogramOptions> | undefined {
  if (given === undefined || given === false) return undefined
  const options = given === true ? {} : given
  validOptions('waitHistogram', options, ['buckets', 'byPool'])
  const { buckets = defaultBuckets, byPool = false } = options
  const ascend = Array.isArray(buckets) && buckets.every((bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? 0))
  if (!ascend || buckets.length < 1 || buckets.length > 50) {
    throw invalid('waitHistogram.buckets', '1 to 50 numbers of seconds above 0, ascending', buckets)
  }
  return { buckets: [...buckets], byPool: validBoolean('waitHistogram.byPool', byPool) }
}
