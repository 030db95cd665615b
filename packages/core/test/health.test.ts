import { describe, expect, it, vi } from 'vitest'
import { assessHealth, BufferPool, type PoolStats, SizeClassPool } from '../src/index.js'

const calm: PoolStats = new SizeClassPool({ name: 'p' }).stats()
const given = (figures: Partial<PoolStats>) => assessHealth({ ...calm, ...figures })

describe('assessHealth', () => {
  it('finds nothing in a pool that is calm', () => {
    expect(given({})).toEqual({ healthy: true, warnings: [], errors: [] })
  })

  it.each([
    ['buffers that leaked', { leaked: 2, leakedBytes: 2048 }, /2 buffers \(2048 bytes\)/],
    ['buffers held too long', { heldTooLong: 3 }, /3 buffers are held/],
    ['use of over 90 %', { utilization: 0.91 }, /91 %/],
    ['running out within the last minute', { exhaustions: 4, msSinceExhaustion: 59_999 }, /4 times/],
    ['buffers that were withdrawn', { quarantined: 5 }, /5 buffers were withdrawn/],
    ['releases that were refused', { refusedReleases: 6 }, /6 releases/],
    ['acquires that wait', { waiting: 7, stalledMs: 4999 }, /7 acquires wait/],
    ['a bound that is all in use', { utilization: 1 }, /100 % of its bound/],
    ['memory running short', { memoryPressure: 'elevated' as const }, /memory is short/]
  ])('warns of %s', (_, figures, warning) => {
    expect(given(figures)).toEqual({ healthy: true, warnings: [expect.stringMatching(warning)], errors: [] })
  })

  it.each([
    ['use of 90 %', { utilization: 0.9 }],
    ['having run out a minute ago', { exhaustions: 4, msSinceExhaustion: 60_000 }]
  ])('does not warn of %s', (_, figures) => {
    expect(given(figures).warnings).toEqual([])
  })

  it.each([
    ['memory critically short', { memoryPressure: 'critical' as const }, /critically short/],
    ['nothing served for five seconds', { stalledMs: 5000, inUse: 3, waiting: 0 }, /nothing for 5 s; 3 buffers are in use/],
    [
      'waits of five seconds in a pool that does not measure them',
      { stalledMs: undefined as never, waiting: 1, msSinceExhaustion: 5000 },
      /1 acquires wait/
    ]
  ])('calls a pool unhealthy for %s', (_, figures, error) => {
    expect(given(figures)).toMatchObject({ healthy: false, errors: [expect.stringMatching(error)] })
  })

  it('names the pool in each sentence, and cannot be changed', () => {
    const health = given({ leaked: 1, waiting: 1 })
    for (const sentence of [...health.warnings, ...health.errors]) expect(sentence).toMatch(/^pool 'p': /)
    expect([health, health.warnings, health.errors].every(Object.isFrozen)).toBe(true)
  })

  it('refuses what is no snapshot', () => {
    for (const value of [null, undefined, 5, 'stats']) {
      expect(() => assessHealth(value as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
  })
})

describe('healthCheck of a pool', () => {
  it('stays well while buffers come back, goes bad when none does for five seconds, and well again with the next', async () => {
    const pool = new BufferPool({ initialSize: 1, maxSize: 1 })
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
    const only = pool.acquire()
    expect(pool.healthCheck()).toMatchObject({ healthy: true, warnings: [expect.stringContaining('100 %')] })
    expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    const waiting = pool.acquireAsync()
    now.mockReturnValue(5999)
    expect(pool.healthCheck().healthy).toBe(true)
    now.mockReturnValue(6000)
    expect(pool.healthCheck()).toMatchObject({ healthy: false, errors: [expect.stringContaining('nothing for 5 s')] })
    pool.release(only)
    expect(pool.healthCheck().errors).toEqual([])
    pool.release(await waiting)
    expect(pool.healthCheck()).toMatchObject({ healthy: true, warnings: [expect.stringContaining('ran out')] })
    now.mockRestore()
    pool.destroy()
  })

  it('goes bad where acquires are refused instead of made to wait, and well again with a release', () => {
    const pool = new BufferPool({ initialSize: 1, maxSize: 1 })
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
    const only = pool.acquire()
    for (const at of [1000, 4000, 7000]) {
      now.mockReturnValue(at)
      expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    }
    expect(pool.healthCheck().healthy).toBe(false)
    pool.release(only)
    expect(pool.healthCheck().healthy).toBe(true)
    now.mockRestore()
    pool.destroy()
  })
})
