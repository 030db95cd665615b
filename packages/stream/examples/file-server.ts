import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { pooledFileChunks, writeLeased } from '@pool/stream'

const pool = new SizeClassPool({ clear: 'never', maxLiveBytes: 64 * 1024 * 1024 })
const path = fileURLToPath(import.meta.url)

const server = createServer(async (_request, response) => {
  try {
    // Each chunk goes back when the socket is done with it; the loop waits while the client is slow, and ends when it is gone.
    for await (const chunk of pooledFileChunks(path, { pool, chunkBytes: 256 * 1024 })) await writeLeased(response, chunk)
    response.end()
  } catch (error) {
    response.destroy(error as Error)
  }
}).listen(0)

const { port } = server.address() as AddressInfo
const body = await (await fetch(`http://localhost:${port}`)).text()
console.log(body.startsWith('import { createServer }'), pool.stats().inUse)
server.close()
server.closeAllConnections()
pool.destroy()
