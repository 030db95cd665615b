import { describe, expect, it } from 'vitest'
import { BufferPool, type PoolStats, SizeClassPool, UnpooledPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const pools = () => [new BufferPool({ initialSize: 0 }), new SizeClassPool(), new UnpooledPool()]

describe('stats()', () => {
  it('has no NaN and no contradiction in a pool that was never used', () => {
    for (const pool of pools()) {
      const stats = pool.stats()
      checkFigures(stats)
      expect(stats).toMatchObject({
        ...{ available: 0, inUse: 0, total: 0, acquisitions: 0, releases: 0, outstanding: 0, hits: 0, misses: 0, discards: 0 },
        ...{
          hitRatio: stats.sizeClasses.length > 0 || stats.kind === 'unpooled' ? 1 : 0,
          reuseRatio: 0,
          utilization: 0,
          peakInUse: 0,
          oversize: 0
        },
        ...{ leaked: 0, leakedBytes: 0, waiting: 0, stalledMs: 0, timeouts: 0, exhaustions: 0, msSinceExhaustion: null, quarantined: 0 },
        ...{
          refusedReleases: 0,
          trimmed: 0,
          heldTooLong: 0,
          memoryPressure: 'normal',
          closed: false,
          liveBytes: 0,
          acquisitionsPerSecond: 0
        }
      })
      pool.destroy()
    }
  })

  it('is frozen in all of its parts, and does not change when the pool does', () => {
    const pool = new SizeClassPool({ sizes: [64] })
    const before = pool.stats()
    const copy = structuredClone(before) as PoolStats
    pool.acquire(64)
    expect(before).toEqual(copy)
    expect([before, before.sizeClasses, ...before.sizeClasses].every(Object.isFrozen)).toBe(true)
    pool.destroy()
  })

  it('adds up its size classes, and what is larger', () => {
    const pool = new SizeClassPool({ sizes: [64, 128] })
    const buffers = [1, 64, 65, 128, 129, 1000].map((bytes) => pool.acquire(bytes))
    const { sizeClasses, ...stats } = pool.stats()
    expect(sizeClasses.map(({ inUse }) => inUse)).toEqual([2, 2])
    expect(stats).toMatchObject({
      inUse: 6,
      oversize: 2,
      inUseBytes: 2 * 64 + 2 * 128 + 1129,
      misses: 6,
      bytesAllocated: 1513,
      peakInUse: 6
    })
    for (const buffer of buffers) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ available: 4, inUse: 0, peakInUse: 6, idleBytes: 384, inUseBytes: 0, liveBytes: 384 })
    pool.destroy()
  })

  it('knows the peak whenever it is asked, also between two askings', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 10 })
    const take = (count: number) => {
      const buffers = Array.from({ length: count }, () => pool.acquire())
      for (const buffer of buffers) pool.release(buffer)
    }
    take(3)
    expect(pool.stats().peakInUse).toBe(3)
    take(7)
    take(2)
    expect(pool.stats().peakInUse).toBe(7)
    take(12)
    pool.trim()
    expect(pool.stats().peakInUse).toBe(12)
    pool.destroy()
  })

  it('has room for what is larger in its capacity, where it may be alive', () => {
    const [sizes, maxSize] = [[64], 1]
    const pool = new SizeClassPool({ sizes, maxSize })
    pool.acquire(64)
    pool.acquire(100)
    expect(pool.stats()).toMatchObject({ total: 2, capacity: 2 })
    const refusing = new SizeClassPool({ sizes, maxSize, oversize: 'refuse' })
    const full = new SizeClassPool({ sizes, maxSize, maxLiveBytes: 64 })
    for (const other of [refusing, full, new BufferPool({ maxSize })]) expect(other.stats().capacity).toBe(1)
    expect(new UnpooledPool({ maxSize: 3 }).stats().capacity).toBe(3)
  })

  it('measures utilisation by the bound that is nearer', () => {
    const byCount = new BufferPool({ bufferSize: 64, maxSize: 4, maxLiveBytes: 64_000 })
    byCount.acquire()
    expect(byCount.stats().utilization).toBe(0.25)
    const byBytes = new SizeClassPool({ sizes: [64], maxSize: 100, maxLiveBytes: 128 })
    byBytes.acquire(64)
    expect(byBytes.stats().utilization).toBe(0.5)
    const unbounded = new SizeClassPool({ maxLiveBytes: Number.POSITIVE_INFINITY })
    unbounded.acquire(64)
    expect(unbounded.stats().utilization).toBe(1 / 1024)
    for (const pool of [byCount, byBytes, unbounded]) pool.destroy()
  })

  it('tells how long ago the pool ran out, and how old it is', async () => {
    const pool = new BufferPool({ bufferSize: 64, maxSize: 1 })
    pool.acquire()
    expect(() => pool.acquire()).toThrow()
    await new Promise((resolve) => setTimeout(resolve, 2))
    const { msSinceExhaustion, uptimeMs, acquisitionsPerSecond, acquisitions } = pool.stats()
    expect(msSinceExhaustion).toBeGreaterThan(0)
    expect(uptimeMs).toBeGreaterThanOrEqual(msSinceExhaustion as number)
    expect(acquisitionsPerSecond).toBeCloseTo((acquisitions * 1000) / uptimeMs)
    pool.destroy()
  })

  it('goes through JSON, each figure as a number, also for what is not bounded', () => {
    const pool = new UnpooledPool({ maxLiveBytes: Number.POSITIVE_INFINITY })
    expect(JSON.parse(JSON.stringify(pool.stats()))).toMatchObject({
      maxLiveBytes: Number.MAX_SAFE_INTEGER,
      kind: 'unpooled',
      bufferSize: null
    })
    pool.destroy()
  })

  it('counts on after the pool was destroyed', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1 })
    const buffer = pool.acquire()
    pool.destroy()
    pool.release(buffer)
    expect(pool.stats()).toMatchObject({ closed: true, acquisitions: 1, releases: 1, outstanding: 0, total: 0 })
  })
})
