import { describe, expect, it, vi } from 'vitest'
import { BlockPool, ExtentPool, SamplePool } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

/** Sets the clock of the process, in ms. */
const clock = () => {
  const now = vi.spyOn(performance, 'now')
  return (ms: number) => now.mockReturnValue(ms)
}

describe('health', () => {
  it('is good with warnings for a pool that is full for an instant, and bad once nothing moved for 5 s after a refusal', () => {
    const setClock = clock()
    const pools = [
      () => {
        const pool = new BlockPool({ type: Uint8Array, shape: 8, blocks: 1 })
        return { pool, take: () => pool.getIndex(), give: () => pool.returnBlock(0) }
      },
      () => {
        const pool = new ExtentPool({ bytes: 16 })
        let handle: number | undefined
        const take = () => {
          handle = pool.allocate(16) ?? handle
        }
        return { pool, take, give: () => pool.free(handle as number) }
      },
      () => {
        const pool = new SamplePool({ buckets: [16], blocks: 1, maxBlocks: 1 })
        let view: Float32Array | undefined
        const take = () => {
          view = pool.acquire(16) ?? view
        }
        return { pool, take, give: () => pool.release(view as Float32Array) }
      }
    ]
    for (const make of pools) {
      setClock(1000)
      const { pool, take, give } = make()
      expect(pool.healthCheck()).toEqual({ healthy: true, warnings: [], errors: [] })
      take()
      take()
      expect(pool.healthCheck()).toMatchObject({
        healthy: true,
        warnings: [expect.stringContaining('100 %'), expect.stringContaining('ran out')]
      })
      setClock(5999)
      take()
      expect(pool.healthCheck().healthy).toBe(true)
      setClock(6000)
      take()
      expect(pool.healthCheck()).toMatchObject({ healthy: false, errors: [expect.stringContaining('nothing for 5 s')] })
      give()
      expect(pool.healthCheck().healthy).toBe(true)
      take()
      take()
      expect(pool.healthCheck().healthy).toBe(true)
      setClock(70_000)
      expect(pool.healthCheck().warnings).toEqual([expect.stringContaining('100 %')])
    }
  })

  it('warns when fewer than 90 % of 100 or more requests found memory ready: allocated for them, or refused', () => {
    const grows = new SamplePool({ buckets: [16], blocks: 1, maxBlocks: 1024, strategy: 'exact' })
    for (let at = 0; at < 99; at++) grows.acquire(16)
    expect(grows.healthCheck().warnings).toEqual([])
    grows.acquire(16)
    expect(grows.healthCheck()).toMatchObject({ healthy: true, warnings: [expect.stringContaining('only 1 %')] })
    const refusing = new BlockPool({ type: Uint8Array, shape: 8, blocks: 200 })
    for (let at = 0; at < 225; at++) refusing.getIndex()
    expect(refusing.healthCheck().warnings).toContainEqual(expect.stringContaining('only 88 %'))
  })

  it('warns of fragmentation above the threshold, and of refused returns', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const handles = Array.from({ length: 8 }, () => pool.allocate(512) as number)
    for (const at of [0, 2, 4]) pool.free(handles[at]!)
    expect(pool.healthCheck().warnings).toEqual([expect.stringContaining('fragmented by 66.7 %, above 50 %')])
    refuses('ERR_POOL_STALE_HANDLE', () => pool.free(handles[0]!))
    expect(pool.healthCheck().warnings).toContainEqual(expect.stringContaining('1 releases were refused'))
  })
})
