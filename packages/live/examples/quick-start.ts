import { once } from 'node:events'
import { SizeClassPool } from '@pool/core'
import { livePage } from '@pool/live'
import express from 'express'

const pool = new SizeClassPool({ name: 'frames' })
const app = express()
const page = livePage()
// Open http://localhost:<port>/pools in a browser.
app.use('/pools', page)

const server = app.listen(Number(process.env.PORT ?? 0))
await once(server, 'listening')
const { port } = server.address() as { port: number }
const answer = await fetch(`http://localhost:${port}/pools/`)
console.log(answer.status, answer.headers.get('content-type'))
console.log(page.viewers)

page.close()
server.closeAllConnections()
server.close()
pool.destroy()
