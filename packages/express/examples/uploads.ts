import { once } from 'node:events'
import { SizeClassPool } from '@pool/core'
import { holdFile, pooledStorage } from '@pool/express'
import express from 'express'
import multer from 'multer'

const MiB = 1024 * 1024
const pool = new SizeClassPool({ name: 'uploads', maxClassBytes: 8 * MiB, maxLiveBytes: 64 * MiB, clear: 'never' })
// Was: multer({ storage: multer.memoryStorage() })
const upload = multer({ storage: pooledStorage({ pool, limits: { requestBytes: 8 * MiB } }) })
const app = express()

const jobs: Promise<number>[] = []
app.post('/', upload.single('photo'), (request, response) => {
  const { file } = request
  if (file === undefined) {
    response.sendStatus(400)
    return
  }
  // The scan outlives the response, so the file has to as well.
  const lease = holdFile(file)
  jobs.push(scan(lease.buffer).finally(() => lease.release()))
  response.send(`${file.originalname}: ${file.buffer.length} bytes`)
})

async function scan(bytes: Buffer): Promise<number> {
  return bytes.indexOf('virus')
}

const server = app.listen(0)
await once(server, 'listening')
const { port } = server.address() as { port: number }
const form = new FormData()
form.set('photo', new Blob(['no virus']), 'cat.png')
const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: form })
console.log(await answer.text())

console.log(await Promise.all(jobs))
console.log(pool.stats().inUse)
server.closeAllConnections()
server.close()
pool.destroy()
