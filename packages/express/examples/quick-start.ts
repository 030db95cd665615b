import { once } from 'node:events'
import { SizeClassPool } from '@pool/core'
import { pooledBody } from '@pool/express'
import express from 'express'

const pool = new SizeClassPool({ name: 'bodies', maxLiveBytes: 64 * 1024 * 1024, clear: 'never' })
const app = express()

// Was: app.use(express.raw({ limit: '1mb' }))
app.use(pooledBody({ pool, limit: '1mb' }))

app.post('/', (request, response) => {
  // A Buffer of exactly the body, until the response is over.
  response.send(`${request.body.length} bytes`)
})

const server = app.listen(0)
await once(server, 'listening')
const { port } = server.address() as { port: number }
const headers = { 'content-type': 'application/octet-stream' }
const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: 'hello' })
console.log(answer.status, await answer.text())

server.closeAllConnections()
server.close()
await once(server, 'close')
console.log(pool.stats().inUse)
pool.destroy()
