import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Workload } from '@tooling/metrics-testbed/workload'
import { serveWorkload } from '@tooling/metrics-testbed/workload-server'
import { AggregatorRegistry, Registry } from 'prom-client'

// As many workers as WORKERS says, each with the same pools; the primary serves the page of all of them.
if (cluster.isPrimary) await servePage()
else exportPools()

async function servePage(): Promise<void> {
  const aggregator = new AggregatorRegistry()
  const workers = Array.from({ length: Number(process.env.WORKERS) }, () => cluster.fork())
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const askAll = (what: string) => Promise.all(workers.map((worker) => ask(worker, what)))
  process.once('SIGTERM', () => {
    for (const worker of workers) worker.kill()
    process.exit()
  })
  serveWorkload({
    metrics: async () => ({ contentType: aggregator.contentType, body: await aggregator.clusterMetrics() }),
    stats: () => askAll('stats'),
    load: () => askAll('load'),
    quiet: () => askAll('quiet')
  })
}

function exportPools(): void {
  const workload = new Workload()
  const registry = new Registry()
  registerPoolMetrics({ pools: workload.directory, registry, waitHistogram: { byPool: true } })
  // Answers the primary; in a worker it is made for that alone.
  new AggregatorRegistry()
  AggregatorRegistry.setRegistries([registry])
  process.on('message', async ({ what }: { what?: 'stats' | 'load' | 'quiet' }) => {
    if (what !== undefined) process.send?.({ answer: (await workload[what]()) ?? null })
  })
  process.send?.('ready')
}

async function ask(worker: Worker, what: string): Promise<unknown> {
  worker.send({ what })
  for (;;) {
    const [message] = (await once(worker, 'message')) as [{ answer?: unknown }]
    if ('answer' in message) return message.answer
  }
}
