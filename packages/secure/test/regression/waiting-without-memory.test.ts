import { isPoolError } from '@pool/core'
import { afterEach, expect, it, vi } from 'vitest'
import { SecureBufferPool } from '../../src/index.js'

afterEach(() => vi.unstubAllGlobals())

it('ends every wait as the last secret comes back and the system has no memory', async () => {
  const pool = new SecureBufferPool({ backing: 'heap', maxSecrets: 1, maxIdleBytes: 0 })
  const secret = pool.acquire(32)
  const waits = [pool.acquireAsync(32), pool.acquireAsync(500), pool.acquireAsync(32)]
  const ends = Promise.allSettled(waits)
  vi.stubGlobal(
    'ArrayBuffer',
    class {
      constructor() {
        throw new RangeError('Array buffer allocation failed')
      }
    }
  )
  pool.release(secret)
  vi.unstubAllGlobals()
  for (const end of await ends) expect(end.status === 'rejected' && isPoolError(end.reason, 'ERR_POOL_EXHAUSTED')).toBe(true)
  expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0 })
  pool.destroy()
})
