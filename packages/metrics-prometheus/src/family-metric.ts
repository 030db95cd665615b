import type * as client from 'prom-client'
import type { Family } from './family.js'
import type { Page } from './page.js'
import type { AnyRegistry } from './pool-metrics-options.js'
import { Counter, Gauge } from './prom-client-parts.js'
import type { Scraper } from './scraper.js'
import type { Series } from './series-ledger.js'

/** A family that is registered. */
export type FamilyMetric = client.Counter | client.Gauge

const noLabels = Object.freeze({})

/**
 * Registers a family as a Counter or a Gauge that stores nothing: its figures are read when the registry asks for them.
 *
 * `prom-client` renders a text page from `getForPromString`, where a metric has it, and the figures of a cluster's workers from
 * `get`. The first may share its labels: their text is then made once in the life of a series, not once a scrape, which is three
 * quarters of the time that a large page takes.
 * @param seriesOf - the series of the page that the family has samples in
 * @param index - where the family's figure stands in a series
 */
export function registerFamily(
  family: Family,
  index: number,
  name: string,
  registry: AnyRegistry,
  scraper: Scraper,
  seriesOf: (page: Page) => Promise<readonly Series[]>
): FamilyMetric {
  const { type, help, combine: aggregator } = family
  const configuration = { name, help, aggregator, registers: [registry] }
  const metric: FamilyMetric = type === 'counter' ? new Counter(configuration) : new Gauge(configuration)
  const collect = async (sampleOf: (series: Series, value: number) => Sample) => {
    const values: Sample[] = []
    for (const series of await seriesOf(await scraper.page())) {
      const figure = series.figures[index] as number
      if (!Number.isNaN(figure)) values.push(sampleOf(series, figure))
    }
    return { name, help, type, aggregator, values }
  }
  return Object.assign(metric, {
    get: () => collect(({ labels }, value) => ({ labels, value })),
    getForPromString: async () => {
      const shown = await collect(({ labels }, value) => ({ labels: noLabels, sharedLabels: labels, value }))
      // A registry for OpenMetrics adds the ending of a counter's samples by itself.
      return type === 'counter' && isOpenMetrics(registry) ? { ...shown, name: name.replace(/_total$/, '') } : shown
    }
  })
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly sharedLabels?: Readonly<Record<string, string>>
  readonly value: number
}

function isOpenMetrics({ contentType }: AnyRegistry): boolean {
  return contentType.startsWith('application/openmetrics-text')
}
