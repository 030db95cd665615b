import { describe, expect, it } from 'vitest'
import { BufferPool } from '../src/index.js'
import { leaseNow } from '../src/kit.js'

describe('leaseNow', () => {
  it('gives nothing while the pool is exhausted, and throws any other error', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1 })
    const lease = leaseNow(pool, 10)
    expect(lease?.buffer.length).toBe(10)
    expect(leaseNow(pool, 10)).toBeUndefined()
    expect(() => leaseNow(pool, 65)).toThrow(expect.objectContaining({ code: 'ERR_POOL_TOO_LARGE' }))
    lease?.release()
    pool.destroy()
    expect(() => leaseNow(pool, 10)).toThrow(expect.objectContaining({ code: 'ERR_POOL_CLOSED' }))
  })
})
