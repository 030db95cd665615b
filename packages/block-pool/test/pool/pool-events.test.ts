import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool, type SlabPool, type SlabPoolEvents } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

/** Every event of a pool, in order, without the pool's name. */
function recorded(pool: SlabPool): object[] {
  const seen: object[] = []
  for (const event of ['allocation', 'recycling', 'optimization', 'fragmentation', 'exhausted', 'destroy'] as const) {
    pool.on(event, ({ pool: name, ...facts }: SlabPoolEvents[typeof event]) => {
      expect(name).toBe(pool.name)
      seen.push({ event, ...facts })
    })
  }
  return seen
}

describe('events', () => {
  it('tell of a BlockPool: allocation, recycling, exhaustion, the end', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 3 })
    const seen = recorded(pool)
    const block = pool.getBlock()!
    const run = pool.getBlocks(2)!
    pool.getIndex()
    pool.returnBlock(run)
    pool.returnBlock(block)
    pool.destroy()
    expect(seen).toEqual([
      { event: 'allocation', priority: 'low', bytes: 16 },
      { event: 'allocation', priority: 'low', bytes: 32 },
      { event: 'exhausted', priority: 'high', bytes: 16, inUse: 3 },
      { event: 'recycling', priority: 'low', bytes: 32 },
      { event: 'recycling', priority: 'low', bytes: 16 },
      { event: 'destroy', priority: 'normal' }
    ])
  })

  it('tell of coalescing: by itself above the threshold, with the fragmentation, and when asked to', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks: 20, strategy: 'lifo' })
    for (let at = 0; at < 20; at++) pool.getIndex()
    const seen = recorded(pool)
    for (const index of [0, 1]) pool.returnBlock(index)
    pool.coalesce()
    expect(seen).toEqual([
      { event: 'recycling', priority: 'low', bytes: 1 },
      { event: 'fragmentation', priority: 'high', fragmentation: 50, threshold: 20 },
      { event: 'optimization', priority: 'normal', action: 'coalesce', automatic: true, bytes: 1 },
      { event: 'recycling', priority: 'low', bytes: 1 },
      { event: 'optimization', priority: 'normal', action: 'coalesce', automatic: false, bytes: 0 }
    ])
  })

  it('tell of an ExtentPool: growth, compaction by itself, compaction on demand, and what reallocate did', () => {
    const pool = new ExtentPool({ bytes: 256, maxBytes: 512, compactAbove: 20 })
    const handles = Array.from({ length: 4 }, () => pool.allocate(64) as number)
    pool.free(handles[0]!)
    pool.free(handles[2]!)
    const seen = recorded(pool)
    const both = pool.allocate(128) as number
    const more = pool.allocate(256) as number
    expect(pool.allocate(16)).toBeUndefined()
    pool.free(handles[1]!)
    pool.reallocate(both, 32)
    pool.compact()
    pool.free(more)
    expect(seen).toEqual([
      { event: 'fragmentation', priority: 'high', fragmentation: 50, threshold: 20 },
      { event: 'optimization', priority: 'normal', action: 'compact', automatic: true, bytes: 128 },
      { event: 'allocation', priority: 'low', bytes: 128 },
      { event: 'optimization', priority: 'normal', action: 'expand', automatic: true, bytes: 256 },
      { event: 'allocation', priority: 'low', bytes: 256 },
      { event: 'exhausted', priority: 'high', bytes: 16, inUse: 4 },
      { event: 'recycling', priority: 'low', bytes: 64 },
      { event: 'optimization', priority: 'normal', action: 'compact', automatic: false, bytes: expect.any(Number) },
      { event: 'recycling', priority: 'low', bytes: 256 }
    ])
  })

  it('tell of a SamplePool: expansion, contraction, coalescing, exhaustion', () => {
    const pool = new SamplePool({ buckets: [16], blocks: 2, maxBlocks: 4, strategy: 'exact' })
    const seen = recorded(pool)
    const views = Array.from({ length: 4 }, () => pool.acquire(10)!)
    pool.acquire(16)
    for (const view of views) pool.release(view)
    pool.contract()
    pool.warm(16, 4)
    expect(seen.filter((event) => !['low'].includes((event as { priority: string }).priority))).toEqual([
      { event: 'optimization', priority: 'normal', action: 'expand', automatic: true, bytes: 128 },
      { event: 'exhausted', priority: 'high', bytes: 64, inUse: 4 },
      { event: 'optimization', priority: 'normal', action: 'contract', automatic: false, bytes: 128 },
      { event: 'optimization', priority: 'normal', action: 'expand', automatic: false, bytes: 128 }
    ])
    expect(seen.filter((event) => (event as { priority: string }).priority === 'low')).toHaveLength(8)
  })

  it('tell of coalescing in the segments of a SamplePool', () => {
    const pool = new SamplePool({ buckets: [16], blocks: 8, maxBlocks: 8, order: 'lifo' })
    const views = Array.from({ length: 8 }, () => pool.acquire(16)!)
    const seen = recorded(pool)
    for (const view of views) pool.release(view)
    expect(seen).toContainEqual({ event: 'optimization', priority: 'normal', action: 'coalesce', automatic: true, bytes: 64 })
    expect(pool.getFragmentation()).toBeLessThanOrEqual(5)
  })

  it('reach a listener once where it asked for that, and not at all once it was taken away', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 4 })
    let calls = 0
    const listener = () => {
      calls++
    }
    pool.once('allocation', listener).on('allocation', listener).once('recycling', listener).off('recycling', listener)
    pool.returnBlock(pool.getBlock()!)
    expect(calls).toBe(2)
    pool.getBlock()
    expect(calls).toBe(3)
    pool.off('allocation', listener).off('allocation', listener).off('exhausted', listener)
    pool.getBlock()
    expect(calls).toBe(3)
  })

  it('are refused where the pool has none of that name, or the listener is not a function', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 4 })
    for (const event of ['acquire', '', undefined, 'toString', '__proto__', 1]) {
      refuses('ERR_POOL_INVALID_OPTION', () => pool.on(event as 'allocation', () => {}))
    }
    for (const listener of [undefined, null, {}, 'f']) {
      refuses('ERR_POOL_INVALID_OPTION', () => pool.once('allocation', listener as never))
    }
  })
})
