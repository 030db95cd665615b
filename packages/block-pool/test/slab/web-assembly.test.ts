import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool, Slab } from '../../src/index.js'
import { refuses } from '../support/refuses.js'
import { instantiateScale } from '../support/scale-module.js'

describe('in the memory of a WebAssembly module', () => {
  it('a module reads and writes blocks by their offset, with no copy', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const scale = instantiateScale(memory)
    const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 8, backing: memory })
    const [first, second] = [pool.getBlock() as Float32Array, pool.getBlock() as Float32Array]
    first.fill(2)
    second.fill(10)
    scale(pool.offsetOf(pool.indexOf(second)), 64, 1.5)
    expect(second.every((sample) => sample === 15)).toBe(true)
    expect(first.every((sample) => sample === 2)).toBe(true)
    const run = pool.getBlocks(3) as Float32Array
    run.fill(1)
    scale(pool.offsetOf(pool.indexOf(run)), run.length, -1)
    expect(run.every((sample) => sample === -1)).toBe(true)
  })

  it('a module works on extents, which stay where they are while pinned', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const scale = instantiateScale(memory)
    const pool = new ExtentPool({ bytes: 4096, backing: memory })
    const [hole, handle] = [pool.allocate(400) as number, pool.allocate(400) as number]
    pool.view(handle, Float32Array).fill(4)
    pool.free(hole)
    pool.pin(handle)
    const address = pool.offsetOf(handle)
    pool.compact()
    scale(address, 100, 0.5)
    expect(pool.view(handle, Float32Array).every((value) => value === 2)).toBe(true)
  })

  it('views are right after memory.grow, which detaches the old ones', () => {
    for (const views of ['ahead', 'on-demand'] as const) {
      const memory = new WebAssembly.Memory({ initial: 1 })
      const scale = instantiateScale(memory)
      const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 8, views, backing: memory })
      const old = pool.getBlock() as Float32Array
      old.fill(3)
      memory.grow(1)
      expect(old).toHaveLength(0)
      const now = pool.refresh(old)
      expect(pool.refresh(now)).toBe(now)
      expect(pool.blockAt(pool.indexOf(old))).toBe(now)
      expect(now).toHaveLength(64)
      expect(now.buffer).toBe(memory.buffer)
      expect(now.every((sample) => sample === 3)).toBe(true)
      scale(pool.offsetOf(0), 64, 2)
      expect(now[63]).toBe(6)
      const other = pool.getBlock() as Float32Array
      expect(other.buffer).toBe(memory.buffer)
      memory.grow(1)
      expect(pool.getBlocks(2)?.buffer).toBe(memory.buffer)
      // A view from before the growth still returns its block.
      pool.returnBlock(old)
      pool.returnBlock(other)
      expect(pool.inUse).toBe(2)
    }
  })

  it('a run has a new view after memory.grow, and either one returns it, once', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 8, backing: memory })
    const [old, first] = [pool.getBlocks(3) as Float32Array, pool.getBlock() as Float32Array]
    old.fill(3)
    expect(pool.refresh(old)).toBe(old)
    memory.grow(1)
    const now = pool.refresh(old)
    expect(now).toHaveLength(3 * 64)
    expect(now.every((sample) => sample === 3)).toBe(true)
    expect(pool.indexOf(now)).toBe(0)
    pool.returnBlock(now)
    for (const view of [old, now]) {
      refuses(
        'ERR_POOL_DOUBLE_RELEASE',
        () => pool.returnBlock(view),
        () => pool.inUse
      )
      refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.refresh(view))
    }
    pool.returnBlock(first)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.refresh(first))
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.refresh(new Float32Array(64)))
  })

  it('samples are right after memory.grow, through the old view', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const pool = new SamplePool({ buckets: [256], blocks: 4, backing: new Slab({ bytes: 65_536, backing: memory }) })
    const old = pool.acquire(256) as Float32Array
    old.fill(5)
    memory.grow(1)
    const now = pool.refresh(old)
    expect(now).toHaveLength(256)
    expect(now.every((sample) => sample === 5)).toBe(true)
    pool.release(now)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.refresh(old))
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.refresh(new Float32Array(256)))
  })

  it('extents are right after memory.grow', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const pool = new ExtentPool({ bytes: 4096, backing: memory })
    const [hole, extent] = [pool.extent(100)!, pool.extent(100)!]
    extent.view().fill(8)
    memory.grow(1)
    expect(extent.view().every((byte) => byte === 8)).toBe(true)
    hole.release()
    pool.compact()
    expect(extent.view().every((byte) => byte === 8)).toBe(true)
  })

  it('sample buckets grow in it, and give what they no longer need to each other', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const slab = new Slab({ bytes: 64 * 1024, maxBytes: 512 * 1024, backing: memory })
    const pool = new SamplePool({ buckets: [256, 512], blocks: 16, maxBlocks: 64, backing: slab, strategy: 'exact' })
    const some = Array.from({ length: 64 }, () => pool.acquire(256) as Float32Array)
    const { byteLength } = slab
    for (const view of some) pool.release(view)
    expect(pool.contract()).toBe(48 * 1024)
    expect(slab.freeBytes).toBeGreaterThanOrEqual(48 * 1024)
    expect(pool.expand(512)).toBe(true)
    expect(slab.byteLength).toBe(byteLength)
  })
})
