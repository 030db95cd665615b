import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchObservableCallback, BatchObservableResult, Meter } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { observePools } from '@pool/metrics-otel'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { cpuMs, StretchWatch } from '../../../tooling/bench-kit/src/stretch-watch.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { manyPools } from './many-pools.js'

class ManualReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

interface Work {
  readonly wallMs: number
  readonly cpuMs: number
  readonly stretchMs: number
  readonly stretchCpuMs: number
}

/** One collection of 100 pools × 12 classes: what this package takes of it, and what the SDK and its exporter do. */
export async function collection(short: boolean): Promise<string> {
  const manager = manyPools()
  const reader = new ManualReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  observePools({ pools: manager, meterProvider })
  const serializer = new PrometheusSerializer()
  // The same callback without an SDK behind it.
  let callback: BatchObservableCallback | undefined
  const meter: Meter = meterProvider.getMeter('bare')
  meter.addBatchObservableCallback = (given) => (callback = given)
  observePools({ pools: manager, meter })
  const unheard: BatchObservableResult = { observe() {} }

  const subjects: Record<string, () => Promise<unknown>> = {
    'this package: reading, and handing over': async () => callback?.(unheard),
    'with the SDK': () => reader.collect(),
    'with the SDK and its Prometheus exporter': async () => serializer.serialize((await reader.collect()).resourceMetrics)
  }
  const works = new Map<string, Work[]>(Object.keys(subjects).map((name) => [name, []]))
  const rounds = short ? 15 : 60
  for (let round = 0; round < rounds; round++) {
    progress(`collection ${round + 1} of ${rounds}`)
    for (const [name, subject] of Object.entries(subjects)) {
      works.get(name)?.push(await watch(subject))
      await sleep(20)
    }
  }
  progress('')
  manager.destroyAll()
  const rows = [...works].flatMap(([name, all]) => {
    const warm = all.slice(5)
    const of = (key: keyof Work) => warm.map((one) => one[key])
    const [wall, stretch, worst] = [median(of('wallMs')), median(of('stretchMs')), Math.max(...of('stretchCpuMs'))]
    return [
      [name, '', ''],
      ['  one collection, ms', figure(wall), verdict(wall, { most: 25 })],
      ['  one collection, ms of CPU', figure(median(of('cpuMs'))), ''],
      ['  longest stretch of a collection, ms', figure(stretch), verdict(stretch, { most: 10 })],
      ['  longest stretch of all collections, ms of CPU', figure(worst), verdict(worst, { most: 10 })]
    ]
  })
  return table([`100 pools × 12 classes, ${rounds - 5} collections`, 'median', 'bar'], rows)
}

async function watch(subject: () => Promise<unknown>): Promise<Work> {
  const stretches = new StretchWatch()
  const [start, cpuStart] = [performance.now(), cpuMs()]
  await subject()
  const [wallMs, cpu] = [performance.now() - start, cpuMs() - cpuStart]
  const stretch = stretches.stop()
  return { wallMs, cpuMs: cpu, stretchMs: stretch.wallMs, stretchCpuMs: stretch.cpuMs }
}
