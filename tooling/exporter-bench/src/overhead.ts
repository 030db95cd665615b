import { setImmediate as nextTurn } from 'node:timers/promises'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { createStandardPools, PoolManager, SizeClassPool } from '@pool/core'
import { observePools } from '@pool/metrics-otel'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Registry } from 'prom-client'
import { median } from '../../bench-kit/src/median.js'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'

// Half a second off the beat, so that each round has as many scrapes: three.
const roundMs = 2500
const operationsPerTurn = 20_000

class ManualReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/**
 * Acquire and release in a server's pools, with both exporters registered and scraped every second, beside the same without any:
 * rounds of some seconds, in turn, each with all the CPU time that it took.
 */
export async function overhead(short: boolean): Promise<string> {
  const manager = new PoolManager()
  createStandardPools(manager)
  const bodies = manager.add(new SizeClassPool({ name: 'bodies', clear: 'never' }))
  // A server is scraped for days: its code for pages is compiled, and so is ours before we measure.
  await withExporters(manager, async (scrape) => {
    for (let scrapes = 0; scrapes < 300; scrapes++) await scrape()
  })
  const subjects = { none: () => round(bodies), control: () => round(bodies), scraped: () => scrapedRound(bodies, manager) }
  const names = Object.keys(subjects) as (keyof typeof subjects)[]
  const costs: Record<keyof typeof subjects, number[]> = { none: [], control: [], scraped: [] }
  await round(bodies)
  const rounds = short ? 4 : 15
  for (let number = 0; number < rounds; number++) {
    progress(`overhead: round ${number + 1} of ${rounds}`)
    // Each in turn is the first, since a later one may find a warmer machine.
    for (let place = 0; place < names.length; place++) {
      const name = names[(number + place) % names.length] as keyof typeof subjects
      costs[name].push(await subjects[name]())
    }
  }
  progress('')
  manager.destroyAll()
  const ratioOf = (name: keyof typeof subjects) => median(costs[name].map((ns, number) => ns / (costs.none[number] as number)))
  const row = (what: string, name: keyof typeof subjects, bar?: { most: number }) => {
    return [what, figure(median(costs[name])), ratioOf(name).toFixed(3), verdict(ratioOf(name), bar)]
  }
  return table(
    ['acquire + release', 'ns of CPU', 'by the first', 'bar'],
    [
      row('no exporter', 'none'),
      row('no exporter again: how much figures waver', 'control'),
      row('both exporters, scraped every second', 'scraped', { most: 1.02 })
    ]
  )
}

function scrapedRound(pool: SizeClassPool, manager: PoolManager): Promise<number> {
  return withExporters(manager, async (scrape) => {
    void scrape()
    const timer = setInterval(() => void scrape(), 1000)
    try {
      return await round(pool)
    } finally {
      clearInterval(timer)
    }
  })
}

/** Registers both exporters, with all that can be switched on, for as long as `work` takes; it may scrape them both. */
async function withExporters<T>(manager: PoolManager, work: (scrape: () => Promise<unknown>) => Promise<T>): Promise<T> {
  const registry = new Registry()
  const reader = new ManualReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const serializer = new PrometheusSerializer()
  const metrics = registerPoolMetrics({ pools: manager, registry, waitHistogram: true })
  const observation = observePools({ pools: manager, meterProvider, traceWaits: true })
  try {
    return await work(async () => [await registry.metrics(), serializer.serialize((await reader.collect()).resourceMetrics)])
  } finally {
    metrics.unregister()
    observation.stop()
    await meterProvider.shutdown()
  }
}

/** Takes and gives back for a while; ns of CPU time for each. */
async function round(pool: SizeClassPool): Promise<number> {
  const start = process.cpuUsage()
  let operations = 0
  for (const end = performance.now() + roundMs; performance.now() < end; operations += operationsPerTurn) {
    for (let operation = 0; operation < operationsPerTurn; operation++) pool.release(pool.acquire(1 + ((operation * 97) & 0xffff)))
    await nextTurn()
  }
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / operations
}
