import { SizeClassPool } from '@pool/core'
import { recommend } from '@pool/core/recommend'

const pool = new SizeClassPool({ minClassBytes: 4096, maxClassBytes: 64 * 1024 })
for (let frame = 0; frame < 2000; frame++) {
  pool.release(pool.acquire(4100)) // 8192 bytes
  pool.release(pool.acquire(33_000)) // 65 536 bytes
}

const [first] = recommend(pool.stats(), pool.requestedSizes())
console.log(first?.kind, first?.options)
console.log(first?.finding)
pool.destroy()
