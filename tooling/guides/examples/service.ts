import { once } from 'node:events'
import { createServer } from 'node:http'
import { livePools, SizeClassPool } from '@pool/core'
import { pooledBody, poolRoutes } from '@pool/express'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import express from 'express'
import { register } from 'prom-client'

// One bound for all bodies together: it holds however many clients send at once.
const bodies = new SizeClassPool({ name: 'bodies', maxLiveBytes: 64 * 1024 * 1024, maxIdleBytes: 16 * 1024 * 1024 })

const app = express()
// A body that finds no memory waits for half a second, and is answered 503 with Retry-After then.
app.use(pooledBody({ pool: bodies, limit: '1mb', waitMs: 500, retryAfterSeconds: 2 }))
app.post('/', (request, response) => void response.send(`${request.body.length} bytes`))

// Figures and health, on a port that clients can't reach.
registerPoolMetrics({ pools: livePools })
const internal = express()
internal.use(poolRoutes({ pools: livePools }))
internal.get('/metrics', async (_request, response) => {
  response.type(register.contentType).send(await register.metrics())
})

const servers = [app, internal].map((one) => createServer(one).listen(0, '127.0.0.1'))
await Promise.all(servers.map((server) => once(server, 'listening')))
const [service, figures] = servers.map((server) => `http://127.0.0.1:${(server.address() as { port: number }).port}`)

const headers = { 'content-type': 'application/octet-stream' }
console.log(await (await fetch(`${service}`, { method: 'POST', headers, body: 'hello' })).text())
console.log((await fetch(`${figures}/health/memory-pools`)).status)
console.log(/^buffer_pool_buffers_idle\{pool="bodies".*/m.test(await (await fetch(`${figures}/metrics`)).text()))

for (const server of servers) {
  server.closeAllConnections()
  server.close()
}
bodies.destroy()
