import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { SizeClassPool } from '@pool/core'
import { holdBody, pooledBody } from '@pool/express'
import express from 'express'

const pool = new SizeClassPool({ name: 'jobs' })
const app = express()
app.use(pooledBody({ pool, type: '*/*' }))

const jobs: Promise<string>[] = []
app.post('/jobs', (request, response) => {
  // The work outlives the response, so the body has to as well.
  const lease = holdBody(request)
  jobs.push(work(lease.buffer).finally(() => lease.release()))
  response.sendStatus(202)
})

async function work(bytes: Buffer): Promise<string> {
  await setTimeout(20)
  return bytes.toString()
}

const server = app.listen(0)
await once(server, 'listening')
const { port } = server.address() as { port: number }
const answer = await fetch(`http://127.0.0.1:${port}/jobs`, { method: 'POST', headers: { 'content-type': 'text/x-job' }, body: 'a job' })
console.log(answer.status)

console.log(await Promise.all(jobs))
console.log(pool.stats().inUse)
server.closeAllConnections()
server.close()
pool.destroy()
