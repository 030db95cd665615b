import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { poolPlan, poolStatement } from '../../src/advice/pool-plan.js'
import { siteOf } from '../support/profile-of.js'

const mib = 2 ** 20

describe('poolPlan', () => {
  it('fits the classes to the sizes, a few of them, in whole pages', () => {
    const { sizes, initialSize } = poolPlan(
      siteOf({
        sizes: [
          { bytes: 200, count: 9000 },
          { bytes: 5000, count: 500 },
          { bytes: 70_000, count: 500 }
        ]
      }),
      0
    )
    expect(sizes).toEqual([8192, 73_728])
    expect(initialSize).toBe(0)
    const many = Array.from({ length: 40 }, (_, index) => ({ bytes: 5000 + index * 20_000, count: 10 }))
    expect(poolPlan(siteOf({ sizes: many }), 0).sizes).toHaveLength(4)
  })

  it('lets the pool have as much memory as the Buffers had, and fills a class that is alone up to the peak', () => {
    expect(poolPlan(siteOf({ peakLive: 20, peakLiveBytes: 20 * mib }), 90 * mib)).toEqual({
      sizes: [mib],
      initialSize: 20,
      maxSize: 128,
      maxLiveBytes: 128 * mib
    })
  })

  it('has room for twice the peak where that is more than the Buffers had', () => {
    const plan = poolPlan(siteOf({ peakLive: 20, peakLiveBytes: 20 * mib }), 24 * mib)
    expect(plan).toEqual({ sizes: [mib], initialSize: 20, maxSize: 64, maxLiveBytes: 64 * mib })
  })

  it('keeps room where no buffer was watched', () => {
    const { peakLive: _live, peakLiveBytes: _bytes, ...unwatched } = siteOf()
    expect(poolPlan(unwatched, 60 * mib)).toEqual({ sizes: [mib], initialSize: 0, maxSize: 64, maxLiveBytes: 64 * mib })
  })

  it('makes options that a pool takes, however large the buffers are', () => {
    for (const bytes of [4096, 100_000, 4 * mib]) {
      const plan = poolPlan(siteOf({ sizes: [{ bytes, count: 10 }], bytes: bytes * 10, peakLive: 3, peakLiveBytes: 3 * bytes }), 0)
      using pool = new SizeClassPool(plan)
      expect(pool.stats().available).toBe(3)
      const held = Array.from({ length: 6 }, () => pool.acquire(bytes))
      for (const buffer of held) pool.release(buffer)
    }
  })
})

describe('poolStatement', () => {
  it('writes the options as code that makes such a pool', () => {
    const plan = poolPlan(siteOf({ peakLive: 3, peakLiveBytes: 3 * mib }), 0)
    using pool = new Function('SizeClassPool', `${poolStatement('bodies', plan)}; return bodies`)(SizeClassPool) as SizeClassPool
    expect(pool.name).toBe('bodies')
    expect(pool.sizes).toEqual([mib])
    expect(pool.stats()).toMatchObject({ available: 3, maxLiveBytes: 16 * mib })
    expect(poolStatement('bodies', plan)).toContain("clear: 'never'")
    const zeroed = poolStatement('bodies', plan, true)
    expect(zeroed).not.toContain('clear')
    using other = new Function('SizeClassPool', `${zeroed}; return bodies`)(SizeClassPool) as SizeClassPool
    expect(other.sizes).toEqual([mib])
  })
})
