import { PoolError } from '@pool/core/interfaces'
import { classFamilies } from './class-families.js'
import type { Family } from './family.js'
import { registerFamily } from './family-metric.js'
import { poolFamilies } from './pool-families.js'
import { type AnyRegistry, type PoolMetricsOptions, poolMetricsSettings } from './pool-metrics-options.js'
import { Scraper } from './scraper.js'
import { registerWaitHistogram } from './wait-histogram.js'

/** Metrics that are registered. */
export interface PoolMetrics {
  /** Takes them out of the registry again. Doing it again does nothing. */
  unregister(): void
}

const failures: Family = {
  name: 'stats_errors_total',
  help: 'Times that a pool or its directory threw when it was read; such a pool is left out of the page.',
  type: 'counter',
  combine: 'sum'
}
const waitName = 'wait_seconds'

/**
 * Registers every pool's metrics. Pools are read when a page is made, and at no other time: an acquire costs what it costs
 * without them. Pools made later appear by themselves, destroyed ones vanish, and no counter falls when one of the same name is
 * made again. A large page is read and rendered in turns, so that it holds the event loop for some ms at a stretch.
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_METRIC_TAKEN` when the registry has a metric of one of the names. Nothing is
 * registered then.
 */
export function registerPoolMetrics(options: PoolMetricsOptions = {}): PoolMetrics {
  const { directory, registry, prefix, waitHistogram } = poolMetricsSettings(options)
  const families = [...poolFamilies, ...classFamilies, failures]
  requireFree(registry, [...families.map(({ name }) => prefix + name), ...(waitHistogram === undefined ? [] : [prefix + waitName])])

  const scraper = new Scraper(directory)
  const metrics = new Map<string, object>()
  const add = (name: string, register: (name: string) => object): void => void metrics.set(prefix + name, register(prefix + name))
  poolFamilies.forEach((family, index) => {
    add(family.name, (name) => registerFamily(family, index, name, registry, scraper, (page) => page.poolSeries()))
  })
  classFamilies.forEach((family, index) => {
    add(family.name, (name) => registerFamily(family, index, name, registry, scraper, (page) => page.classSeries()))
  })
  add(failures.name, (name) => registerFamily(failures, 0, name, registry, scraper, async (page) => [page.failures]))
  const waits = waitHistogram && registerWaitHistogram(prefix + waitName, waitHistogram, registry, scraper)
  if (waits !== undefined) add(waitName, () => waits.metric)

  return {
    unregister() {
      waits?.stop()
      // A metric that was registered under the name since then is not ours.
      for (const [name, metric] of metrics) if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name)
    }
  }
}

function requireFree(registry: AnyRegistry, names: readonly string[]): void {
  const taken = names.find((name) => registry.getSingleMetric(name) !== undefined)
  if (taken === undefined) return
  throw new PoolError(
    'ERR_POOL_METRIC_TAKEN',
    `the registry has a metric '${taken}'. Call unregister() on the earlier registration, or choose another prefix or registry.`
  )
}
