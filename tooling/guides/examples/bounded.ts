import { BufferPool, isPoolError } from '@pool/core'

// At most two buffers, and at most ten callers that wait for one.
const pool = new BufferPool({ name: 'images', bufferSize: 1024 * 1024, initialSize: 0, maxSize: 2, maxWaiting: 10, acquireTimeoutMs: 1000 })
const first = pool.acquire()
const second = pool.acquire()

try {
  pool.acquire()
} catch (error) {
  if (!isPoolError(error, 'ERR_POOL_EXHAUSTED')) throw error
  console.log(error.code)
}

// The third caller waits for its turn.
const third = pool.acquireAsync()
pool.release(first)
pool.release(await third)
pool.release(second)
console.log(pool.stats().peakInUse)
pool.destroy()
