import type { AddressInfo } from 'node:net'
import { SizeClassPool } from '@pool/core'
import { connectPooled, createPooledServer, type PooledConnection } from '@pool/net'

const pool = new SizeClassPool({ clear: 'never' })
const backend = createPooledServer({ pool }, async (connection) => {
  for await (const lease of connection) await connection.write(lease)
})
await backend.listen({ port: 0 })
const backendPort = (backend.address() as AddressInfo).port

// A TCP proxy: bytes go from lease to socket and are never copied on the way. It reads on while there is room for unsent bytes.
async function relay(from: PooledConnection, to: PooledConnection): Promise<void> {
  await from.consume((lease) => to.send(lease))
  await to.end()
}

const relayed = { pool, allowHalfOpen: true, maxUnsentBytes: 256 * 1024 }
const proxy = createPooledServer(relayed, async (incoming) => {
  using outgoing = await connectPooled({ ...relayed, port: backendPort })
  await Promise.all([relay(incoming, outgoing), relay(outgoing, incoming)])
})
await proxy.listen({ port: 0 })

const client = await connectPooled({ port: (proxy.address() as AddressInfo).port, pool, allowHalfOpen: true })
const sent = client.write(Buffer.alloc(1_000_000)).then(() => client.end())
let bytes = 0
for await (const lease of client) {
  bytes += lease.buffer.length
  lease.release()
}
await sent
console.log(bytes)

await client.close()
await Promise.all([proxy.close(), backend.close()])
console.log(pool.stats().inUse)
pool.destroy()
