import { describe, expect, it } from 'vitest'
import { SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('SizeClassPool', () => {
  it('gives the smallest class that is large enough, and the same memory the next time', () => {
    const pool = new SizeClassPool({ classesPerDoubling: 4, minClassBytes: 1024, maxClassBytes: 4096 })
    expect(pool.sizes).toEqual([1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096])
    for (const [bytes, expected] of [
      [1, 1024],
      [1024, 1024],
      [1025, 1280],
      [1793, 2048],
      [2049, 2560],
      [4096, 4096]
    ] as const) {
      const buffer = pool.get(bytes)
      expect(buffer.length).toBe(expected)
      pool.put(buffer)
      const next = pool.acquire(bytes)
      expect(next.buffer).toBe(buffer.buffer)
      pool.release(next)
    }
    pool.destroy()
  })

  it('counts hits, misses, discards and bytes, for each class and overall', () => {
    const pool = new SizeClassPool({ sizes: [100, 200], maxIdleBytes: 300 })
    const [a, b] = [pool.acquire(100), pool.acquire(150)]
    pool.release(a)
    pool.release(b)
    pool.release(pool.acquire(150))
    const [c, d] = [pool.acquire(200), pool.acquire(200)]
    pool.release(c)
    pool.release(d)
    const stats = pool.stats()
    expect(stats.sizeClasses).toEqual([
      expect.objectContaining({
        bufferSize: 100,
        acquisitions: 1,
        hits: 0,
        misses: 1,
        discards: 0,
        bytesAllocated: 100,
        bytesReused: 0,
        hitRatio: 0
      }),
      expect.objectContaining({
        bufferSize: 200,
        acquisitions: 4,
        hits: 2,
        misses: 2,
        discards: 1,
        bytesAllocated: 400,
        bytesReused: 400,
        hitRatio: 0.5
      })
    ])
    expect(stats).toMatchObject({ hits: 2, misses: 3, discards: 1, hitRatio: 0.4, bytesAllocated: 500, bytesReused: 400 })
    expect(stats.reuseRatio).toBeCloseTo(4 / 9)
    checkFigures(stats)
    pool.destroy()
  })

  it('serves what is larger unpooled: exact, counted, bounded, and never kept', () => {
    const pool = new SizeClassPool({ sizes: [100], maxLiveBytes: 1000, maxSize: 2 })
    const large = pool.acquire(500)
    expect(large.length).toBe(500)
    expect(pool.stats()).toMatchObject({ oversize: 1, misses: 1, inUse: 1, inUseBytes: 500, liveBytes: 500 })
    expect(() => pool.acquire(501)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(() => pool.acquire(1001)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    const lease = pool.lease(333)
    expect(lease.buffer.length).toBe(333)
    expect(() => pool.acquire(101)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    pool.release(large)
    lease.release()
    expect(() => pool.release(large)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.stats()).toMatchObject({ available: 0, inUse: 0, liveBytes: 0, discards: 2, oversize: 2, releases: 2, exhaustions: 2 })
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('refuses what is larger where it is told to', () => {
    const pool = new SizeClassPool({ sizes: [100], oversize: 'refuse' })
    expect(pool.maxBytes).toBe(100)
    expect(() => pool.acquire(101)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    expect(pool.stats()).toMatchObject({ oversize: 0, acquisitions: 0 })
    pool.destroy()
  })

  it('clears what is larger before it lets go of it', () => {
    const pool = new SizeClassPool({ sizes: [100] })
    const large = pool.acquire(500)
    expect(large.every((byte) => byte === 0)).toBe(true)
    large.fill(7)
    pool.release(large)
    expect(large.every((byte) => byte === 0)).toBe(true)
    pool.destroy()
  })

  it('gives up what lies idle in other classes, the largest first, when bytes run short', () => {
    const pool = new SizeClassPool({ sizes: [100, 200, 400], maxLiveBytes: 1000, maxIdleBytes: 1000 })
    const made = [pool.acquire(100), pool.acquire(200), pool.acquire(200), pool.acquire(400)]
    for (const buffer of made) pool.release(buffer)
    const told: unknown[] = []
    // Told once the books agree again, so that a listener may use the pool.
    pool.on('shrink', ({ bufferSize, count, total }) => {
      told.push([bufferSize, count, total])
      checkFigures(pool.stats())
    })
    expect(pool.stats()).toMatchObject({ available: 4, liveBytes: 900 })
    const large = pool.acquire(500)
    expect(pool.stats().sizeClasses.map(({ available }) => available)).toEqual([1, 2, 0])
    const more = pool.acquire(401)
    expect(pool.stats()).toMatchObject({ available: 0, inUse: 2, trimmed: 4 })
    expect(told).toEqual([
      [400, 1, 0],
      [200, 2, 0],
      [100, 1, 0]
    ])
    expect(() => pool.acquire(100)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    pool.release(large)
    pool.release(more)
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('gives nothing up when that would not be enough', () => {
    const pool = new SizeClassPool({ sizes: [100, 400], maxLiveBytes: 1000, maxIdleBytes: 1000 })
    const held = [pool.acquire(400), pool.acquire(400)]
    pool.release(pool.acquire(100))
    expect(() => pool.acquire(300)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(pool.stats()).toMatchObject({ available: 1, inUse: 2 })
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('bounds each class by count, and all of them by bytes', () => {
    const pool = new SizeClassPool({ sizes: [100, 200], maxSize: 2, maxLiveBytes: 500 })
    const held = [pool.acquire(100), pool.acquire(100)]
    expect(() => pool.acquire(100)).toThrow(/maxSize is 2/)
    held.push(pool.acquire(200))
    expect(() => pool.acquire(200)).toThrow(/maxLiveBytes is 500/)
    expect(pool.stats()).toMatchObject({ utilization: 1, capacity: 6, exhaustions: 2 })
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('warms the class of a size, or all, within the bounds', () => {
    const pool = new SizeClassPool({ sizes: [100, 200], maxSize: 3 })
    expect(pool.warm(2, 150)).toBe(2)
    expect(pool.stats().sizeClasses.map(({ available }) => available)).toEqual([0, 2])
    expect(pool.warm(5)).toBe(6)
    expect(pool.warm(5, 201)).toBe(0)
    for (const count of [-1, 1.5, Number.NaN, '5', null, undefined]) {
      expect(() => pool.warm(count as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    for (const bytes of [0, -1, 1.5, '5', null, Number.NaN]) {
      expect(() => pool.warm(1, bytes as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    pool.destroy()
  })

  it('refuses a release to another pool, of whatever class', () => {
    const [a, b] = [new SizeClassPool(), new SizeClassPool()]
    for (const bytes of [1, 5000, 2_000_000]) {
      const buffer = a.acquire(bytes)
      expect(() => b.put(buffer)).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
      a.put(buffer)
    }
    expect(b.stats().refusedReleases).toBe(3)
    a.destroy()
    b.destroy()
  })
})
