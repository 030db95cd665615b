import { BufferPool } from '@pool/core'

// Was: createPool({ create: async () => Buffer.alloc(65536), destroy: async () => {} }, { max: 20, maxWaitingClients: 100, acquireTimeoutMillis: 500 })
const pool = new BufferPool({ name: 'blocks', bufferSize: 65_536, maxSize: 20, maxWaiting: 100, acquireTimeoutMs: 500 })

// Was: pool.use(async (buffer) => …)
const written = await pool.withBuffer(async (buffer) => buffer.write('a block'))
console.log(written)

// Was: await pool.acquire(), a promise for each; acquire() throws where acquireAsync() would wait.
const buffer = await pool.acquireAsync()
pool.release(buffer)

// Was: await pool.drain(); await pool.clear()
pool.destroy()
