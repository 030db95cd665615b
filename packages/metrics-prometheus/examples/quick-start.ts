import { createServer } from 'node:http'
import { poolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { register } from 'prom-client'

registerPoolMetrics({ manager: poolManager })

// Pools that are made later appear by themselves.
const pool = poolManager.getPool('bodies', { bufferSize: 64 * 1024, maxSize: 500 })
pool.withBufferSync((buffer) => buffer.write('a request'))

const server = createServer(async (_request, response) => {
  response.setHeader('content-type', register.contentType).end(await register.metrics())
})
server.listen(process.env.PORT ?? 9100)
