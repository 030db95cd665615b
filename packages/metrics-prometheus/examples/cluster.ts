import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { livePools, poolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { AggregatorRegistry } from 'prom-client'

// In the primary it asks the workers; in a worker it answers.
const aggregator = new AggregatorRegistry()

if (cluster.isPrimary) {
  const workers = Array.from({ length: 2 }, () => cluster.fork())
  // Asking a worker that can't answer yet takes 5 seconds, and ends with an error.
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const server = createServer(async (_request, response) => {
    try {
      response.setHeader('content-type', aggregator.contentType).end(await aggregator.clusterMetrics())
    } catch (error) {
      response.writeHead(503).end(String(error))
    }
  })
  server.listen(process.env.METRICS_PORT ?? 9100)
} else {
  // In the global registry, with which workers answer. For another one call AggregatorRegistry.setRegistries([registry]).
  registerPoolMetrics({ pools: livePools })
  const bodies = poolManager.getPool('bodies', { bufferSize: 64 * 1024, maxSize: 500 })
  const body = bodies.acquire()
  process.once('disconnect', () => bodies.release(body))
  process.send?.('ready')
}
