import { SizeClassPool } from '@pool/core'

const pool = new SizeClassPool({ name: 'frames', maxLiveBytes: 64 * 1024 * 1024 })

// From acquire to release the buffer is this program's. It has at least the bytes that were asked for.
const buffer = pool.acquire(5000)
console.log(buffer.length)
pool.release(buffer)

// The same memory again: nothing was allocated.
pool.withBufferSync(6000, (again) => again.write('a frame'))
const { hits, misses, inUse } = pool.stats()
console.log({ hits, misses, inUse })
pool.destroy()
