import { once } from 'node:events'
import { SizeClassPool } from '@pool/core'
import { pooledBody, pooledStorage } from '@pool/express'
import express from 'express'
import multer from 'multer'

const MiB = 1024 * 1024
const pool = new SizeClassPool({ name: 'bodies', maxClassBytes: 8 * MiB, maxLiveBytes: 64 * MiB, clear: 'never' })
const app = express()

// Was: express.raw({ type: '*/*', limit: '1mb' })
app.post('/raw', pooledBody({ pool, type: '*/*', limit: '1mb' }), (request, response) => {
  response.send(`${request.body.length} bytes`)
})

// Was: multer({ storage: multer.memoryStorage() })
const upload = multer({ storage: pooledStorage({ pool, limits: { requestBytes: 8 * MiB } }) })
app.post('/upload', upload.single('photo'), (request, response) => {
  response.send(`${request.file?.size} bytes`)
})

const server = app.listen(0)
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
const form = new FormData()
form.set('photo', new Blob(['a photo']), 'cat.png')
console.log(await (await fetch(`${url}/raw`, { method: 'POST', body: 'a body' })).text())
console.log(await (await fetch(`${url}/upload`, { method: 'POST', body: form })).text())

server.closeAllConnections()
server.close()
pool.destroy()
