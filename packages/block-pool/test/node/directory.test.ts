import { livePools } from '@pool/core'
import { expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool } from '../../src/index.js'

it('every pool is in livePools from its making to its end, and a sample pool’s parts are not', () => {
  const before = new Set(livePools.sources())
  const pools = [
    new BlockPool({ type: Float32Array, shape: [16], blocks: 4 }),
    new ExtentPool({ bytes: 65_536 }),
    new SamplePool({ buckets: [16, 32], blocks: 2, maxBlocks: 4, strategy: 'exact' })
  ]
  const [, , samples] = pools
  for (let at = 0; at < 3; at++) (samples as SamplePool).acquire(16)
  const added = () => [...livePools.sources()].filter((source) => !before.has(source))
  expect(added()).toEqual(pools)
  for (const pool of pools) pool.destroy()
  expect(added()).toEqual([])
  expect(() => new SamplePool({ buckets: [2 ** 24], blocks: 65_536 })).toThrow(expect.objectContaining({ code: 'ERR_POOL_TOO_LARGE' }))
  expect(added()).toEqual([])
})
