import { once } from 'node:events'
import { createServer } from 'node:http'
import { SizeClassPool } from '@pool/core'
import { pooledBody, pooledBuffer, poolRoutes } from '@pool/express'
import express from 'express'

const pool = new SizeClassPool({ name: 'bodies', maxLiveBytes: 64 * 1024 * 1024 })
const app = express()
app.use(pooledBody({ pool, as: 'json', limit: '1mb', waitMs: 500, retryAfterSeconds: 2 }))
app.use(pooledBuffer({ pool, minBytes: 4096 }))
app.post('/', (request, response) => {
  // Room to work in, as long as the request.
  const bytes = request.pooledBuffer?.write(JSON.stringify(request.body))
  response.json({ bytes, room: request.pooledBuffer?.length })
})
const server = createServer(app).listen(0, '127.0.0.1')

// Figures and health on a port of their own, which clients can not reach.
const internal = express()
internal.use(poolRoutes({ pools: pool }))
const internalServer = createServer(internal).listen(0, '127.0.0.1')

await Promise.all([once(server, 'listening'), once(internalServer, 'listening')])
const urlOf = (of: typeof server) => `http://127.0.0.1:${(of.address() as { port: number }).port}`
const headers = { 'content-type': 'application/json' }
const answer = await fetch(urlOf(server), { method: 'POST', headers, body: '{ "a": 1 }' })
console.log(await answer.json())

const stats = await fetch(`${urlOf(internalServer)}/metrics/memory-pools`)
console.log(Object.keys((await stats.json()) as object))
const health = await fetch(`${urlOf(internalServer)}/health/memory-pools`)
console.log(health.status, await health.json())

for (const one of [server, internalServer]) {
  one.closeAllConnections()
  one.close()
}
pool.destroy()
