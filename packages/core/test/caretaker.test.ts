import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, type PoolEvents, presets, SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const interval = 30_000

/** Takes `count` buffers and gives them back. */
function burst(pool: { acquire(bytes: number): Buffer; release(buffer: Buffer): void }, count: number, bytes = 64): void {
  const buffers = Array.from({ length: count }, () => pool.acquire(bytes))
  for (const buffer of buffers) pool.release(buffer)
}

describe('a pool that is cared for', () => {
  const used = vi.fn(() => 0)
  const options = { bufferSize: 64, initialSize: 10, maxSize: 1000, memoryPressure: { elevated: 800, critical: 900, usedBytes: used } }

  beforeEach(() => {
    vi.useFakeTimers()
    used.mockReturnValue(0)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is back at its reserve within two intervals after a burst of ten times that', () => {
    const pool = new BufferPool(options)
    vi.advanceTimersByTime(interval / 2)
    burst(pool, 100)
    expect(pool.stats().total).toBe(100)
    vi.advanceTimersByTime(interval / 2)
    expect(pool.stats().total).toBe(100)
    vi.advanceTimersByTime(interval)
    expect(pool.stats()).toMatchObject({ total: 10, available: 10, trimmed: 90 })
    vi.advanceTimersByTime(100 * interval)
    expect(pool.stats()).toMatchObject({ total: 10, trimmed: 90 })
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('is back at its reserve within two intervals whenever the burst comes', () => {
    for (let at = 0; at <= interval; at += interval / 8) {
      const pool = new BufferPool(options)
      vi.advanceTimersByTime(at)
      burst(pool, 100)
      vi.advanceTimersByTime(2 * interval)
      expect(pool.stats().total).toBe(10)
      pool.destroy()
    }
  })

  it('allocates for fewer than 1 % of its acquires under a sawtooth load, and is trimmed when that ends', () => {
    const pool = new BufferPool(options)
    const teeth = 60
    let acquires = 0
    for (let tooth = 0; tooth < teeth; tooth++) {
      // Up from 10 to 100 buffers and down at once, four teeth to the interval.
      for (let height = 10; height <= 100; height += 5) {
        burst(pool, height)
        acquires += height
        vi.advanceTimersByTime(interval / 4 / 19)
      }
    }
    const { misses, acquisitions } = pool.stats()
    expect(acquisitions).toBe(acquires)
    expect(misses / acquisitions).toBeLessThan(0.01)
    vi.advanceTimersByTime(2 * interval)
    expect(pool.stats().total).toBe(10)
    pool.destroy()
  })

  it('allocates for fewer than 1 % of its acquires where a tooth is longer than the interval, too', () => {
    const pool = new SizeClassPool({ sizes: [64], memoryPressure: false })
    for (let tooth = 0; tooth < 20; tooth++) {
      for (let height = 10; height <= 100; height += 5) {
        for (let repeat = 0; repeat < 10; repeat++) burst(pool, height)
        vi.advanceTimersByTime(interval / 5)
      }
    }
    const { misses, acquisitions } = pool.stats()
    expect(misses / acquisitions).toBeLessThan(0.01)
    pool.destroy()
  })

  it('does not thrash at the edge: a load that wavers around the threshold is never trimmed again and again', () => {
    const pool = new BufferPool({ ...options, initialSize: 0 })
    burst(pool, 100)
    vi.advanceTimersByTime(interval)
    for (let turn = 0; turn < 50; turn++) {
      burst(pool, 49 + (turn % 3))
      vi.advanceTimersByTime(interval)
    }
    const { misses, trimmed } = pool.stats()
    expect(misses).toBe(100)
    expect(trimmed).toBeLessThanOrEqual(50)
    pool.destroy()
  })

  it('keeps what is out, and what a steady load needs', () => {
    const pool = new BufferPool({ ...options, initialSize: 0 })
    const held = Array.from({ length: 40 }, () => pool.acquire())
    burst(pool, 60)
    vi.advanceTimersByTime(3 * interval)
    // 40 are out in each interval: those and a quarter more stay.
    expect(pool.stats()).toMatchObject({ inUse: 40, total: 50 })
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('cares for each class by itself, and tells what it trims', () => {
    const pool = new SizeClassPool({ name: 'classes', sizes: [64, 128], initialSize: 2, memoryPressure: false })
    const shrinks: PoolEvents['shrink'][] = []
    pool.on('shrink', (event) => shrinks.push(event))
    burst(pool, 20, 64)
    burst(pool, 10, 128)
    vi.advanceTimersByTime(interval)
    burst(pool, 10, 128)
    vi.advanceTimersByTime(interval)
    expect(pool.stats().sizeClasses.map(({ total }) => total)).toEqual([2, 10])
    expect(shrinks).toEqual([{ pool: 'classes', bufferSize: 64, count: 18, total: 2 }])
    pool.destroy()
  })

  it('is left alone where its size is fixed, where the interval is 0, and once it was destroyed', () => {
    const fixed = new BufferPool({ ...presets.realTime, shrinkInterval: interval })
    const never = new BufferPool({ ...options, initialSize: 0, shrinkInterval: 0, memoryPressure: false })
    burst(never, 100)
    const ended = new BufferPool(options)
    ended.destroy()
    vi.advanceTimersByTime(10 * interval)
    expect(fixed.stats().total).toBe(200)
    expect(never.stats().total).toBe(100)
    expect(ended.stats().trimmed).toBe(0)
    fixed.destroy()
    never.destroy()
  })

  it('follows shrinkInterval and shrinkThreshold', () => {
    const pool = new BufferPool({ ...options, shrinkInterval: 1000, shrinkThreshold: 0.3 })
    burst(pool, 100)
    vi.advanceTimersByTime(1000)
    burst(pool, 30)
    vi.advanceTimersByTime(1000)
    expect(pool.stats().total).toBe(100)
    burst(pool, 29)
    vi.advanceTimersByTime(1000)
    expect(pool.stats().total).toBe(37)
    pool.destroy()
  })

  it('sees memory pressure, tells it, trims by its level, and shows it in health', () => {
    const pool = new BufferPool({
      ...options,
      name: 'pressed',
      shrinkInterval: 0,
      memoryPressure: { ...options.memoryPressure, intervalMs: 1000 }
    })
    const told: PoolEvents['pressure'][] = []
    pool.on('pressure', (event) => told.push(event))
    burst(pool, 100)
    vi.advanceTimersByTime(1000)
    expect(pool.stats()).toMatchObject({ memoryPressure: 'normal', total: 100 })
    used.mockReturnValue(850)
    vi.advanceTimersByTime(1000)
    // Peaks are forgotten at trims only, so the first look at this level still knows the burst.
    expect(pool.stats()).toMatchObject({ memoryPressure: 'elevated', total: 100 })
    vi.advanceTimersByTime(1000)
    expect(pool.stats().total).toBe(10)
    expect(pool.healthCheck()).toMatchObject({ healthy: true, warnings: [expect.stringContaining('memory is short')] })
    const held = Array.from({ length: 20 }, () => pool.acquire())
    burst(pool, 100)
    used.mockReturnValue(950)
    vi.advanceTimersByTime(1000)
    expect(pool.stats()).toMatchObject({ memoryPressure: 'critical', total: 20, inUse: 20 })
    expect(pool.healthCheck().healthy).toBe(false)
    used.mockReturnValue(0)
    vi.advanceTimersByTime(1000)
    expect(pool.stats().memoryPressure).toBe('normal')
    const limitBytes = expect.any(Number)
    expect(told).toEqual([
      { pool: 'pressed', level: 'elevated', usedBytes: 850, limitBytes },
      { pool: 'pressed', level: 'critical', usedBytes: 950, limitBytes },
      { pool: 'pressed', level: 'normal', usedBytes: 0, limitBytes }
    ])
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('keeps what the last interval used while memory is short, and what is in use now once it is critically so', () => {
    const pool = new BufferPool(options)
    const held = Array.from({ length: 20 }, () => pool.acquire())
    burst(pool, 80)
    expect(pool.stats().total).toBe(100)
    used.mockReturnValue(850)
    for (const most of [50, 40]) {
      vi.advanceTimersByTime(interval / 2)
      burst(pool, most - held.length)
      vi.advanceTimersByTime(interval / 2)
      expect(pool.stats()).toMatchObject({ memoryPressure: 'elevated', total: most === 50 ? 100 : 40 })
    }
    used.mockReturnValue(950)
    vi.advanceTimersByTime(interval)
    expect(pool.stats()).toMatchObject({ memoryPressure: 'critical', total: 20 })
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('trims all the same when usedBytes throws', () => {
    const pool = new BufferPool(options)
    burst(pool, 100)
    used.mockImplementation(() => {
      throw new RangeError('no figure')
    })
    expect(() => vi.advanceTimersByTime(interval)).toThrow(RangeError)
    expect(() => vi.advanceTimersByTime(interval)).toThrow(RangeError)
    expect(pool.stats()).toMatchObject({ total: 10, trimmed: 90 })
    pool.destroy()
  })

  it('takes thresholds up to 1 for shares of the real limit', () => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(2000)
    // Pools take the limit of the last second.
    vi.advanceTimersByTime(1001)
    const pool = new BufferPool({
      bufferSize: 64,
      memoryPressure: { elevated: 0.5, critical: 0.75, usedBytes: used, intervalMs: 1000 }
    })
    const levels = [999, 1000, 1499, 1500].map((bytes) => {
      used.mockReturnValue(bytes)
      vi.advanceTimersByTime(1000)
      return pool.stats().memoryPressure
    })
    expect(levels).toEqual(['normal', 'elevated', 'elevated', 'critical'])
    pool.destroy()
  })

  it('does not look at memory where it is told not to, nor where nothing else needs a timer', () => {
    for (const quiet of [{ memoryPressure: false as const }, { shrinkInterval: 0 }]) {
      const { memoryPressure: _, ...others } = options
      const pool = new BufferPool({ ...others, ...quiet })
      const looks = vi.spyOn(process.memoryUsage, 'rss')
      vi.advanceTimersByTime(10 * interval)
      expect(looks).not.toHaveBeenCalled()
      expect(pool.stats().memoryPressure).toBe('normal')
      looks.mockRestore()
      pool.destroy()
    }
  })

  it('allocates nothing while memory is critically short, where growth is refused, and serves those who waited once it is there again', async () => {
    const memoryPressure = { elevated: 1000, critical: 2000, usedBytes: used, intervalMs: 1000, growth: 'refuse' } as const
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 10, memoryPressure })
    const first = pool.acquire()
    used.mockReturnValue(2500)
    vi.advanceTimersByTime(1000)
    expect(() => pool.acquire()).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED', message: expect.stringContaining('growth') })
    )
    expect(pool.warm(5)).toBe(0)
    const waiting = pool.acquireAsync()
    expect(pool.stats()).toMatchObject({ total: 1, waiting: 1 })
    pool.release(first)
    const served = await waiting
    const second = pool.acquireAsync()
    used.mockReturnValue(0)
    vi.advanceTimersByTime(1000)
    pool.release(await second)
    pool.release(served)
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, total: 2 })
    pool.destroy()
  })

  it('can be destroyed by a listener in the middle of a beat', () => {
    for (const event of ['shrink', 'pressure'] as const) {
      const pool = new BufferPool(options)
      const other = new BufferPool(options)
      burst(pool, 100)
      burst(other, 100)
      pool.on(event, () => pool.destroy())
      used.mockReturnValue(850)
      vi.advanceTimersByTime(2 * interval)
      expect(pool.stats()).toMatchObject({ closed: true, total: 0, liveBytes: 0 })
      expect(other.stats().total).toBe(10)
      other.destroy()
      expect(vi.getTimerCount()).toBe(0)
      used.mockReturnValue(0)
    }
  })
})
