import { assessHealth, PoolManager } from '@pool/core'
import type { StatsSource } from '@pool/core/interfaces'
import { checkFigures } from '@pool/core/testing'
import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool } from '../../src/index.js'

/** Each pool, and some use of it. */
const cases: [string, () => { pool: StatsSource; use: () => void }][] = [
  [
    'BlockPool',
    () => {
      const pool = new BlockPool({ name: 'blocks', type: Float32Array, shape: 8, blocks: 16, strategy: 'lifo' })
      const use = () => {
        const [first] = [pool.getBlock() as Float32Array, pool.getBlock(), pool.getBlocks(5)]
        pool.returnBlock(first)
      }
      return { pool, use }
    }
  ],
  [
    'ExtentPool',
    () => {
      const pool = new ExtentPool({ name: 'extents', bytes: 4096, maxBytes: 65_536 })
      const use = () => {
        const [first] = [pool.allocate(1000) as number, pool.allocate(100), pool.allocate(10_000), pool.allocate(60_000)]
        pool.free(first)
      }
      return { pool, use }
    }
  ],
  [
    'SamplePool',
    () => {
      const pool = new SamplePool({ name: 'samples', buckets: [256, 512], blocks: 2, maxBlocks: 4 })
      const use = () => {
        const taken = Array.from({ length: 9 }, () => pool.acquire(200))
        pool.release(taken[0] as Float32Array)
        pool.contract()
      }
      return { pool, use }
    }
  ]
]

describe("core's figures", () => {
  for (const [name, make] of cases) {
    it(`add up for ${name}, before use, in use and after destroy`, () => {
      const { pool, use } = make()
      checkFigures(pool.stats())
      use()
      checkFigures(pool.stats())
      expect(pool.stats().fragmentationRatio).toBeGreaterThanOrEqual(0)
      expect(pool.stats().efficiencyRatio).toBeLessThanOrEqual(1)
      expect(assessHealth(pool.stats()).healthy).toBe((pool as BlockPool).healthCheck().healthy)
      ;(pool as BlockPool).destroy()
      checkFigures(pool.stats())
    })

    it(`make ${name} one that core's manager looks after`, () => {
      const { pool, use } = make()
      const manager = new PoolManager()
      manager.add(pool)
      use()
      expect(manager.getStats()[pool.name]).toMatchObject({ name: pool.name, inUse: pool.stats().inUse })
      expect(manager.healthCheck().warnings).toEqual((pool as BlockPool).healthCheck().warnings)
      manager.destroyAll()
      expect(pool.stats().closed).toBe(true)
    })
  }
})
