import { BufferPool } from '@pool/core'

const pool = new BufferPool({ name: 'rows', bufferSize: 4096, initialSize: 0, maxSize: 4 })
pool.on('grow', ({ total }) => console.log(`grown to ${total}`))
pool.on('exhausted', ({ pool: name }) => console.log(`${name} is exhausted`))

const rows = [1, 2, 3, 4].map(() => pool.acquire())
try {
  pool.acquire()
} catch {}
for (const row of rows) pool.release(row)

console.log(pool.healthCheck().healthy)
pool.destroy()
