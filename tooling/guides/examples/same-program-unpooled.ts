import { SizeClassPool } from '@pool/core'

// The same program with and without pooling: `POOL_POOLING=off node server.js` does it for every pool of the process.
for (const pooling of [true, false]) {
  const pool = new SizeClassPool({ name: `pooling ${pooling}`, pooling })
  for (let request = 0; request < 1000; request++) pool.withBufferSync(64 * 1024, (buffer) => buffer.fill(request))
  const { hits, misses, bytesAllocated } = pool.stats()
  console.log(pool.name, { hits, misses, mebibytes: bytesAllocated / 2 ** 20 })
  pool.destroy()
}
