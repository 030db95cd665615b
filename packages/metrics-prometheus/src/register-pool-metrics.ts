import { PoolError } from '@pool/core/interfaces'
import { liveFigures } from '@pool/core/kit/universal'
import { classFamilies } from './class-families.js'
import type { Family } from './family.js'
import { registerFamily } from './family-metric.js'
import { FigureFamilies } from './figure-families.js'
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
  help: 'Times that a pool, a source of figures or a directory threw when it was read; it is left out of the page.',
  type: 'counter',
  combine: 'sum'
}
const waitName = 'wait_seconds'

/**
 * Registers every pool's metrics. Pools are read when a page is made, and at no other time: an acquire costs as much as
 * without them. Pools made later appear by themselves, destroyed ones vanish, and no counter falls when one of the same name is
 * made again. The sources announced to `liveFigures` are exported beside them (option `figures`). A large page is read and rendered in turns, so
 * that it holds the event loop for some ms at a stretch.
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_METRIC_TAKEN` when the registry has a metric of one of the names. Nothing is
 * registered then.
 */
export function registerPoolMetrics(options: PoolMetricsOptions = {}): PoolMetrics {
  const { directory, figures, registry, prefix, waitHistogram } = poolMetricsSettings(options)
  const families = [...poolFamilies, ...classFamilies, failures]
  requireFree(registry, [...families.map(({ name }) => prefix + name), ...(waitHistogram === undefined ? [] : [prefix + waitName])])

  const metrics = new Map<string, object>()
  const add = (name: string, register: (name: string) => object): void => void metrics.set(prefix + name, register(prefix + name))
  const figureFamilies = new FigureFamilies((family) => {
    if (registry.getSingleMetric(prefix + family.name) !== undefined) {
      warnOfTaken(prefix + family.name)
      return false
    }
    add(family.name, (name) => registerFamily(family, 0, name, registry, scraper, (page) => page.seriesOf(family)))
    return true
  })
  const scraper = new Scraper(directory, figures ? { directory: liveFigures, families: figureFamilies } : undefined)
  poolFamilies.forEach((family, index) => {
    add(family.name, (name) => registerFamily(family, index, name, registry, scraper, (page) => page.poolSeries()))
  })
  classFamilies.forEach((family, index) => {
    add(family.name, (name) => registerFamily(family, index, name, registry, scraper, (page) => page.classSeries()))
  })
  add(failures.name, (name) => registerFamily(failures, 0, name, registry, scraper, async (page) => [page.failures]))
  const waits = waitHistogram && registerWaitHistogram(prefix + waitName, waitHistogram, registry, scraper)
  if (waits !== undefined) add(waitName, () => waits.metric)
  // Last, so that a family of a source can take no name of a pool's.
  const unwatch = figures ? liveFigures.watch((source) => figureFamilies.add(source)) : undefined
  if (figures) for (const source of liveFigures.sources()) figureFamilies.add(source)

  return {
    unregister() {
      unwatch?.()
      waits?.stop()
      // A metric that was registered under the name since then is not ours.
      for (const [name, metric] of metrics) if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name)
    }
  }
}

function warnOfTaken(name: string): void {
  const message = `the registry has a metric '${name}' already, so the figures of that name are not exported.`
  process.emitWarning(message, { type: 'PoolMetricsWarning', code: 'POOL_METRIC_TAKEN' })
}

function requireFree(registry: AnyRegistry, names: readonly string[]): void {
  const taken = names.find((name) => registry.getSingleMetric(name) !== undefined)
  if (taken === undefined) return
  throw new PoolError(
    'ERR_POOL_METRIC_TAKEN',
    `the registry has a metric '${taken}'. Call unregister() on the earlier registration, or choose another prefix or registry.`
  )
}
