import { setTimeout } from 'node:timers/promises'
import { BufferPool, isPoolError } from '@pool/core'

const pool = new BufferPool({ bufferSize: 1024, maxSize: 1 })
const only = pool.acquire()

try {
  pool.acquire()
} catch (error) {
  if (!isPoolError(error, 'ERR_POOL_EXHAUSTED')) throw error
  console.log('nothing is free')
}

// First come, first served; ended by a release, the timeout or the signal.
const waiting = pool.acquireAsync({ timeoutMs: 1000, signal: AbortSignal.timeout(2000) })
await setTimeout(5)
pool.release(only)
pool.release(await waiting)
console.log(pool.stats().waiting)
pool.destroy()
