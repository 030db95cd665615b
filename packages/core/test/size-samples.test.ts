import assert from 'node:assert/strict'
import { describe, expect, it, vi } from 'vitest'
import { SizeClassPool } from '../src/index.js'

const quiet = { shrinkInterval: 0, leakDetection: 'off' as const }

describe('requestedSizes', { timeout: 60_000 }, () => {
  it('is empty before the first acquire', () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [64, 1024] })
    expect(pool.requestedSizes()).toEqual({ sizes: [64, 1024], samples: 0, requests: 0, totalBytes: 0, buckets: [] })
  })

  it('looks at each of the first acquires of a class, by whatever method they come', async () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100, 1000] })
    pool.release(pool.acquire(7))
    pool.lease(900).release()
    pool.release(await pool.acquireAsync(30))
    pool.release(pool.get(4000))
    expect(pool.requestedSizes()).toMatchObject({
      samples: 4,
      requests: 4,
      totalBytes: 4937,
      buckets: [
        { largestBytes: 7, requests: 1, totalBytes: 7 },
        { largestBytes: 30, requests: 1, totalBytes: 30 },
        { largestBytes: 900, requests: 1, totalBytes: 900 },
        { largestBytes: 4000, requests: 1, totalBytes: 4000 }
      ]
    })
  })

  it('lets the samples of a class stand for all that it served in the window', () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100, 200] })
    for (let turn = 0; turn < 1000; turn++) pool.release(pool.acquire(10 + (turn % 2) * 50))
    pool.release(pool.acquire(150))
    expect(pool.requestedSizes()).toMatchObject({
      samples: 33,
      requests: 1001,
      buckets: [
        { largestBytes: 10, requests: 500 },
        { largestBytes: 60, requests: 500 },
        { largestBytes: 150, requests: 1 }
      ]
    })
  })

  it('begins a new window with each reading, and adds the windows up', () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100] })
    for (let turn = 0; turn < 1000; turn++) pool.release(pool.acquire(10))
    pool.requestedSizes()
    for (let turn = 0; turn < 500; turn++) pool.release(pool.acquire(90))
    expect(pool.requestedSizes().buckets).toMatchObject([
      { largestBytes: 10, requests: 1000 },
      { largestBytes: 90, requests: 500 }
    ])
    expect(pool.requestedSizes()).toMatchObject({ samples: 64, requests: 1500 })
  })

  it('begins a new window with each interval of trimming', () => {
    vi.useFakeTimers()
    using pool = new SizeClassPool({ sizes: [100], shrinkInterval: 1000, leakDetection: 'off', memoryPressure: false })
    for (let turn = 0; turn < 1000; turn++) pool.release(pool.acquire(10))
    vi.advanceTimersByTime(1100)
    for (let turn = 0; turn < 500; turn++) pool.release(pool.acquire(90))
    vi.useRealTimers()
    expect(pool.requestedSizes().buckets).toMatchObject([{ requests: 1000 }, { requests: 500 }])
  })

  it('estimates the bytes asked for within 5 %, for sizes that are far apart', () => {
    using pool = new SizeClassPool({ ...quiet, maxClassBytes: 2 ** 20, clear: 'never' })
    let asked = 0
    for (let turn = 0; turn < 100_000; turn++) {
      const bytes = Math.ceil(2 ** (8 + Math.random() * 10))
      asked += bytes
      pool.release(pool.acquire(bytes))
      if (turn % 5000 === 0) pool.requestedSizes()
    }
    const { totalBytes } = pool.requestedSizes()
    assert.ok(Math.abs(totalBytes / asked - 1) < 0.05, `${totalBytes} of ${asked}`)
  })

  it('counts acquires that a listener watches, that are cleared, and that wait', async () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100], maxSize: 1, clear: 'acquire' })
    pool.on('acquire', () => {})
    const only = pool.acquire(50)
    const waits = pool.acquireAsync(60)
    pool.release(only)
    pool.release(await waits)
    expect(pool.requestedSizes()).toMatchObject({ requests: 2, totalBytes: 110 })
  })

  it('counts requests that were refused', () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100], maxSize: 1 })
    const only = pool.acquire(50)
    assert.throws(() => pool.acquire(60), { code: 'ERR_POOL_EXHAUSTED' })
    expect(pool.requestedSizes()).toMatchObject({ requests: 2, totalBytes: 110 })
    pool.release(only)
  })

  it('notes no size that is not one, and leaves all classes as they are to be found', () => {
    using pool = new SizeClassPool({ ...quiet, sizes: [100, 101, 102, 5000], oversize: 'refuse' })
    for (const wrong of [0, -1, 1.5, Number.NaN, '7', 5001]) assert.throws(() => pool.acquire(wrong as number))
    expect(pool.requestedSizes().samples).toBe(0)
    for (let turn = 0; turn < 200; turn++) {
      for (const [bytes, size] of [
        [100, 100],
        [101, 101],
        [102, 102],
        [103, 5000],
        [1, 100]
      ] as const) {
        const buffer = pool.acquire(bytes)
        assert.equal(buffer.length, size)
        pool.release(buffer)
      }
    }
    expect(pool.stats()).toMatchObject({ acquisitions: 1000, misses: 4, oversize: 0 })
  })
})
