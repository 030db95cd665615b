import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool } from '../src/index.js'
import { givenOrShared, leaseNow } from '../src/kit.js'

describe('givenOrShared', () => {
  it('gives the pool that was passed, and else one that is made when needed, and anew after it was destroyed', () => {
    let made = 0
    const poolOf = givenOrShared(() => new SizeClassPool({ name: `shared ${++made}` }))
    const own = new SizeClassPool()
    expect(poolOf(own)).toBe(own)
    expect(made).toBe(0)
    const shared = poolOf(undefined)
    expect(poolOf(undefined)).toBe(shared)
    ;(shared as SizeClassPool).destroy()
    expect(poolOf(undefined).name).toBe('shared 2')
    ;(poolOf(undefined) as SizeClassPool).destroy()
    own.destroy()
  })

  it('refuses what is not a pool', () => {
    const poolOf = givenOrShared(() => new SizeClassPool())
    expect(() => poolOf({} as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})

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
