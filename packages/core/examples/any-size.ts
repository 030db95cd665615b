import { SizeClassPool } from '@pool/core'

const pool = new SizeClassPool({ maxClassBytes: 1024 * 1024, maxLiveBytes: 64 * 1024 * 1024, maxIdleBytes: 16 * 1024 * 1024 })

const buffer = pool.acquire(5000)
console.log(buffer.length) // the smallest class that is large enough
pool.release(buffer)

{
  // Exactly 5000 bytes, released at the end of the block.
  using lease = pool.lease(5000)
  console.log(lease.buffer.length)
}

// Above the largest class: allocated, counted against the bounds, never kept.
const large = pool.acquire(3 * 1024 * 1024)
pool.release(large)
console.log(pool.stats().oversize)
pool.destroy()
