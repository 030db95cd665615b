import type { AddressInfo } from 'node:net'
import { SizeClassPool } from '@pool/core'
import { connectPooled, createPooledServer } from '@pool/net'

const pool = new SizeClassPool({ clear: 'never', maxLiveBytes: 64 * 1024 * 1024 })

const server = createPooledServer({ pool }, async (connection) => {
  // Each lease is released once it was sent. A peer that reads slowly holds the loop, and with that the sender.
  for await (const lease of connection) await connection.write(lease)
})
await server.listen({ port: 0 })

const client = await connectPooled({ port: (server.address() as AddressInfo).port, pool })
await client.write(Buffer.from('hello'))
const lease = await client.read(5)
console.log(lease?.buffer.toString())
lease?.release()

await client.close()
await server.close()
console.log(pool.stats().inUse)
pool.destroy()
