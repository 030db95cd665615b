import { createServer } from 'node:http'
import { livePools, poolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { register } from 'prom-client'

// Every pool of the process; those that are made later appear by themselves.
registerPoolMetrics({ pools: livePools })

const bodies = poolManager.getPool('uploads', { bufferSize: 64 * 1024, maxSize: 500 })
bodies.withBufferSync((buffer) => buffer.write('a request'))

const metricsServer = createServer(async (_request, response) => {
  response.setHeader('content-type', register.contentType).end(await register.metrics())
})
metricsServer.listen(process.env.METRICS_PORT ?? 9100)
