import { describe, expect, it } from 'vitest'
import { UnpooledPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('UnpooledPool', () => {
  it('allocates exactly what is asked for, each time anew, and keeps nothing', () => {
    const pool = new UnpooledPool()
    const first = pool.acquire(123)
    expect(first.length).toBe(123)
    pool.release(first)
    const second = pool.acquire(123)
    expect(second).not.toBe(first)
    pool.release(second)
    expect(pool.stats()).toMatchObject({
      ...{ kind: 'unpooled', bufferSize: null, sizeClasses: [], acquisitions: 2, misses: 2, hits: 0, hitRatio: 0 },
      ...{ discards: 2, available: 0, liveBytes: 0, bytesAllocated: 246, bytesReused: 0, reuseRatio: 0 }
    })
    pool.destroy()
  })

  it('has the bounds of a pool, by count and by bytes', () => {
    const byCount = new UnpooledPool({ maxSize: 2 })
    const held = [byCount.acquire(1), byCount.acquire(1_000_000)]
    expect(() => byCount.acquire(1)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    for (const buffer of held) byCount.release(buffer)
    const byBytes = new UnpooledPool({ maxLiveBytes: 100 })
    expect(byBytes.maxBytes).toBe(100)
    const buffer = byBytes.acquire(60)
    expect(() => byBytes.acquire(41)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    byBytes.release(byBytes.acquire(40))
    expect(() => byBytes.acquire(101)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    byBytes.release(buffer)
    checkFigures(byBytes.stats())
    for (const pool of [byCount, byBytes]) pool.destroy()
  })

  it('has the checks of a pool', () => {
    const pool = new UnpooledPool()
    const buffer = pool.acquire(10)
    expect(() => pool.release(buffer.subarray(0))).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
    pool.release(buffer)
    expect(() => pool.release(buffer)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.stats().refusedReleases).toBe(2)
    pool.destroy()
  })

  it('clears what comes back unless it is told never to', () => {
    for (const [clear, byte] of [
      ['release', 0],
      ['acquire', 0],
      ['never', 7]
    ] as const) {
      const pool = new UnpooledPool({ clear })
      const buffer = pool.acquire(10).fill(7)
      pool.release(buffer)
      expect(buffer.every((one) => one === byte)).toBe(true)
      pool.destroy()
    }
  })

  it('warms nothing, but checks what it is asked for', () => {
    const pool = new UnpooledPool()
    expect([pool.warm(100), pool.warm(0), pool.warm(5, 64)]).toEqual([0, 0, 0])
    expect(pool.stats()).toMatchObject({ available: 0, bytesAllocated: 0 })
    for (const count of [-1, 1.5, Number.NaN, '1', null, 2 ** 53]) {
      expect(() => pool.warm(count as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      expect(() => pool.warm(1, count as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    pool.destroy()
    expect(() => pool.warm(1)).toThrow(coded('ERR_POOL_CLOSED'))
  })

  it('runs no timer', () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const pool = new UnpooledPool()
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before)
    pool.destroy()
  })
})
