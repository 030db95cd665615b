import { describe, expect, it } from 'vitest'
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
    ['acquires that wait', { waiting: 7 }, /7 acquires wait/],
    ['a bound that is all in use', { utilization: 1 }, /all of its bound/]
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
  it('goes bad when all is in use, and well again after a release', () => {
    const pool = new BufferPool({ initialSize: 1, maxSize: 1 })
    expect(pool.healthCheck().healthy).toBe(true)
    const only = pool.acquire()
    expect(pool.healthCheck().healthy).toBe(false)
    expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    pool.release(only)
    expect(pool.healthCheck()).toMatchObject({ healthy: true, warnings: [expect.stringContaining('ran out')] })
    pool.destroy()
  })
})
