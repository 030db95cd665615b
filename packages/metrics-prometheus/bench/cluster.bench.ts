import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { AggregatorRegistry, Registry } from 'prom-client'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table } from '../../../tooling/bench-kit/src/table.js'
import { manyPools } from './many-pools.js'

/** The page of a cluster of two workers with 100 pools × 12 classes each: a worker's part, and the primary's, in one process. */
export async function clusterPage(short: boolean): Promise<string> {
  const manager = manyPools()
  const registry = new Registry()
  registerPoolMetrics({ pools: manager, registry })
  const [worker, primary]: [number[], number[]] = [[], []]
  for (let round = 0; round < (short ? 10 : 30); round++) {
    const start = performance.now()
    const message = JSON.stringify(await registry.getMetricsAsJSON())
    worker.push(performance.now() - start)
    const from = performance.now()
    await AggregatorRegistry.aggregate([JSON.parse(message), JSON.parse(message)]).metrics()
    primary.push(performance.now() - from)
  }
  manager.destroyAll()
  return table(
    ['two workers, 100 pools × 12 classes each', 'ms'],
    [
      ['a worker: registerPoolMetrics(), as JSON', figure(median(worker.slice(5)))],
      ['the primary: AggregatorRegistry of prom-client', figure(median(primary.slice(5)))]
    ]
  )
}
