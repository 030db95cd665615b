import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, type PoolEvents, SizeClassPool } from '../src/index.js'
import { arenaOf } from '../src/pools/pool.js'

describe('buffers that are held too long', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const options = { name: 'slow', bufferSize: 64, heldTooLongMs: 1000, shrinkInterval: 0, leakDetection: 'all' as const }

  it('are told once, counted, and told again when they come back late', () => {
    const pool = new BufferPool(options)
    const held: PoolEvents['heldTooLong'][] = []
    const returned: PoolEvents['returnedLate'][] = []
    pool.on('heldTooLong', (event) => held.push(event))
    pool.on('returnedLate', (event) => returned.push(event))
    const takeSlowly = () => pool.acquire()
    const buffer = takeSlowly()
    vi.advanceTimersByTime(900)
    expect(held).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(held).toEqual([{ pool: 'slow', bufferSize: 64, heldMs: 1000, acquiredAt: expect.stringContaining('takeSlowly') }])
    expect(pool.stats().heldTooLong).toBe(1)
    expect(pool.healthCheck().warnings).toEqual([expect.stringContaining('held for too long')])
    pool.release(buffer)
    expect(returned).toEqual([
      { pool: 'slow', bufferSize: 64, heldMs: expect.any(Number), acquiredAt: expect.stringContaining('takeSlowly') }
    ])
    expect(returned[0]?.heldMs).toBeGreaterThan(10_000)
    expect(pool.stats().heldTooLong).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(held).toHaveLength(1)
    pool.destroy()
  })

  it('are not those that came back in between and went out again', () => {
    const pool = new BufferPool({ ...options, initialSize: 1, maxSize: 1, clear: 'never', leakDetection: 'count' })
    for (let turn = 0; turn < 20; turn++) {
      const buffer = pool.acquire()
      vi.advanceTimersByTime(700)
      pool.release(buffer)
    }
    expect(pool.stats().heldTooLong).toBe(0)
    pool.destroy()
  })

  it('are leases, oversize buffers and shared ones, too', () => {
    const pool = new SizeClassPool({ sizes: [64], heldTooLongMs: 1000, shrinkInterval: 0 })
    const held: number[] = []
    pool.on('heldTooLong', ({ bufferSize }) => held.push(bufferSize))
    const lease = pool.lease(10)
    const shared = lease.retain()
    const large = pool.acquire(1000)
    vi.advanceTimersByTime(2000)
    expect(held.sort()).toEqual([1000, 64])
    lease.release()
    expect(pool.stats().heldTooLong).toBe(2)
    shared.discard()
    pool.release(large)
    expect(pool.stats()).toMatchObject({ heldTooLong: 0, inUse: 0 })
    pool.destroy()
  })

  it('need no timer where nobody asks for them', () => {
    const pool = new BufferPool({ shrinkInterval: 0 })
    expect(vi.getTimerCount()).toBe(0)
    pool.destroy()
  })
})

describe('the place of an acquire', () => {
  const tracedOf = (pool: BufferPool) => [...arenaOf(pool).leaks.traced]

  it.each([
    ['off', 0],
    ['count', 0],
    ['all', 40]
  ] as const)('is noted at level %s for %i of 40', (leakDetection, expected) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 20, leakDetection })
    const buffers = Array.from({ length: 40 }, () => pool.acquire())
    expect(tracedOf(pool)).toHaveLength(expected)
    for (const buffer of buffers) pool.release(buffer)
    expect(tracedOf(pool)).toEqual([])
    pool.destroy()
  })

  it('is noted at level sample for the first acquires that allocate, then for one in 64 of them, and in the long run for one in 256', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 20, maxSize: 10_000 })
    const buffers = Array.from({ length: 20 + 32 + 6400 }, () => pool.acquire())
    // Multiples of 64 up to 4096, and of 256 up to 6432.
    expect(tracedOf(pool)).toHaveLength(32 + 64 + 9)
    for (const buffer of buffers) pool.release(buffer)
    pool.destroy()
  })

  it.each([
    ['all', true],
    ['all', false],
    ['sample', true],
    ['sample', false]
  ] as const)('is that of whoever waited, not of whoever served it (level %s, pooling %s)', async (leakDetection, pooling) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, leakDetection, pooling })
    const takeFirst = () => pool.acquire()
    const waitForOne = () => pool.acquireAsync()
    const waitForLease = () => pool.leaseAsync(10)
    const giveBack = (buffer: Buffer) => pool.release(buffer)
    const first = takeFirst()
    const [second, third] = [waitForOne(), waitForLease()]
    giveBack(first)
    const buffer = await second
    expect(tracedOf(pool).map(({ trace }) => trace?.acquiredAt)).toEqual([expect.stringContaining('waitForOne')])
    expect(tracedOf(pool)[0]?.trace?.acquiredAt).not.toContain('giveBack')
    giveBack(buffer)
    const lease = await third
    expect(tracedOf(pool).map(({ trace }) => trace?.acquiredAt)).toEqual([expect.stringContaining('waitForLease')])
    lease.release()
    expect(tracedOf(pool)).toEqual([])
    pool.destroy()
  })

  it('is not noted where whoever waited is not in the sample', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const only = pool.acquire()
    const waits = Array.from({ length: 32 + 64 }, () => pool.acquireAsync())
    let noted = 0
    pool.release(only)
    for (const wait of waits) {
      const buffer = await wait
      noted += tracedOf(pool).length
      pool.release(buffer)
    }
    expect(noted).toBe(32 + 1)
    pool.destroy()
  })

  it('is forgotten when the buffer comes back, so that the next owner is not blamed', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, leakDetection: 'all' })
    const first = () => pool.acquire()
    const second = () => pool.acquire()
    pool.release(first())
    second()
    expect(tracedOf(pool)[0]?.trace?.acquiredAt).toContain('second')
    expect(tracedOf(pool)[0]?.trace?.acquiredAt).not.toContain('first')
    pool.destroy()
  })
})
