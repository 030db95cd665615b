import { BlockPool, SamplePool, Slab } from '@pool/block-pool'
import { describe, expect, it } from 'vitest'

const hang = (view: Float32Array): unknown => Object.assign(view, { user: 'ada' })

describe('the property that an owner hangs on a view', () => {
  it.each(['address', 'lifo'] as const)('is refused on a block, which the next owner gets as the same object (%s)', (strategy) => {
    const pool = new BlockPool({ type: Float32Array, shape: [16], blocks: 1, strategy })
    const block = pool.getBlock() as Float32Array
    expect(() => hang(block)).toThrow(TypeError)
    expect(() => Object.assign(block, { fill: () => block })).toThrow(TypeError)
    pool.returnBlock(block)
    const next = pool.getBlock() as Float32Array & { user?: string }
    expect([next === block, next.user, next.fill]).toEqual([true, undefined, Float32Array.prototype.fill])
    pool.destroy()
  })

  it('is refused on samples', () => {
    const pool = new SamplePool()
    const samples = pool.acquire(256) as Float32Array
    expect(() => hang(samples)).toThrow(TypeError)
    pool.release(samples)
    pool.destroy()
  })

  it.each(['array', 'shared'] as const)('is refused on the buffer behind a block, which all owners have in common (%s)', (backing) => {
    const pool = new BlockPool({ type: Float32Array, shape: [16], blocks: 2, backing })
    const block = pool.getBlock() as Float32Array
    expect(() => Object.assign(block.buffer, { user: 'ada' })).toThrow(TypeError)
    pool.destroy()
  })

  it('is no cause to refuse blocks of memory that can be resized, whose views can not be closed on each Node', () => {
    for (const slab of [
      new Slab({ bytes: 4096, maxBytes: 8192 }),
      new Slab({ bytes: 4096, backing: new ArrayBuffer(4096, { maxByteLength: 8192 }) })
    ]) {
      for (const views of ['ahead', 'on-demand'] as const) {
        const pool = new BlockPool({ type: Float32Array, shape: [16], blocks: 2, backing: slab, views })
        const block = pool.getBlock() as Float32Array
        expect(block.fill(1)).toHaveLength(16)
        pool.returnBlock(block)
        pool.destroy()
      }
    }
  })

  it('goes with the view of a run, since each run has one of its own', () => {
    const pool = new BlockPool({ type: Float32Array, shape: [16], blocks: 2 })
    const run = pool.getBlocks(2) as Float32Array
    hang(run)
    pool.returnBlock(run)
    expect(Object.keys(pool.getBlocks(2) as object)).not.toContain('user')
    pool.destroy()
  })
})
