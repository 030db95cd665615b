import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BufferPool } from '@pool/core'
import type { PoolStats, StatsSource } from '@pool/core/interfaces'

/** A reader that is asked by hand. */
export class Collector extends MetricReader {
  readonly provider: MeterProvider

  constructor(temporality = AggregationTemporality.CUMULATIVE) {
    super({ aggregationTemporalitySelector: () => temporality })
    this.provider = new MeterProvider({ readers: [this] })
  }

  /** What is reported now, by name with the attributes, such as `pool.buffer.hits{pool.name=a,pool.size_class=64}`; `pool.kind` is left out. */
  async samples(): Promise<Map<string, number>> {
    const { resourceMetrics, errors } = await this.collect()
    if (errors.length > 0) throw errors[0]
    const samples = new Map<string, number>()
    for (const { descriptor, dataPoints, dataPointType } of resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)) {
      if (dataPointType !== DataPointType.SUM && dataPointType !== DataPointType.GAUGE) throw new Error('a histogram')
      for (const { attributes, value } of dataPoints) {
        const { 'pool.kind': _kind, ...others } = attributes
        const shown = Object.entries(others).map(([name, attribute]) => `${name}=${attribute}`)
        samples.set(`${descriptor.name}{${shown.sort().join(',')}}`, value as number)
      }
    }
    return samples
  }

  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** A source that shows the figures of a fresh pool, save those given. */
export function sourceOf(name: string, figures: Partial<PoolStats>): StatsSource {
  const pool = new BufferPool({ name, initialSize: 0, shrinkInterval: 0 })
  const stats = pool.stats()
  pool.destroy()
  return { name, stats: () => ({ ...stats, ...figures, name }) }
}
