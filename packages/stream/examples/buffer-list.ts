import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SizeClassPool } from '@pool/core'
import { gzipInto, PooledBufferList } from '@pool/stream'

const pool = new SizeClassPool({ maxLiveBytes: 64 * 1024 * 1024 })

const server = createServer(async (request, response) => {
  const body = new PooledBufferList({ pool, maxBytes: 1024 * 1024 })
  const reply = new PooledBufferList({ pool })
  try {
    // Copied into pooled segments as it arrives; nothing is put together.
    for await (const chunk of request) body.write(chunk)
    reply.write(`line of ${body.indexOf('\n')} bytes, gzip: `)
    await gzipInto(reply, body)
    // Leaves from the segments, uncopied; they are given back when they are sent.
    await reply.writeTo(response)
    response.end()
  } finally {
    body.close()
    reply.close()
  }
}).listen(0)
await once(server, 'listening')

const url = `http://localhost:${(server.address() as AddressInfo).port}`
const response = await fetch(url, { method: 'POST', body: `${'a'.repeat(100_000)}\n${'b'.repeat(100_000)}` })

const list = new PooledBufferList({ pool })
for await (const chunk of response.body ?? []) list.write(chunk)
const colon = list.indexOf(':')
console.log(list.toString('utf8', 0, colon), list.readUInt16BE(colon + 2).toString(16))
list.close()

server.close()
console.log(pool.stats().inUse)
pool.destroy()
