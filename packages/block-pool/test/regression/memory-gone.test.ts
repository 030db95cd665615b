import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool, Slab } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

const transferAway = (buffer: ArrayBufferLike) => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })

describe('a slab whose memory was transferred away', () => {
  it('refuses new pools with ERR_POOL_DETACHED_BUFFER, and keeps no region for them', () => {
    const slab = new Slab({ bytes: 4096 })
    transferAway(slab.buffer)
    const free = () => slab.freeBytes
    refuses('ERR_POOL_DETACHED_BUFFER', () => new BlockPool({ type: Uint8Array, shape: 8, blocks: 4, backing: slab }), free)
    refuses('ERR_POOL_DETACHED_BUFFER', () => new ExtentPool({ bytes: 64, backing: slab }), free)
    refuses('ERR_POOL_DETACHED_BUFFER', () => new SamplePool({ buckets: [8], blocks: 1, backing: slab }), free)
    refuses('ERR_POOL_DETACHED_BUFFER', () => slab.wholeBuffer())
  })

  it('refuses windows of it, and windows for it', () => {
    const slab = new Slab({ bytes: 4096 })
    const window = slab.window(0, 10)
    transferAway(slab.buffer)
    refuses('ERR_POOL_DETACHED_BUFFER', () => slab.window(0, 10))
    refuses('ERR_POOL_DETACHED_BUFFER', () => slab.absorb(0, window))
  })

  it('costs no extent when reallocate() cannot copy', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [handle] = [pool.allocate(512) as number, pool.allocate(16)]
    transferAway(pool.buffer)
    refuses(
      'ERR_POOL_DETACHED_BUFFER',
      () => pool.reallocate(handle, 1024),
      () => ({ ...pool.verify(), inUse: pool.inUse })
    )
  })

  it('costs no buffer when acquire() cannot view it', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4 })
    transferAway((pool.acquire(256) as Float32Array).buffer)
    refuses(
      'ERR_POOL_DETACHED_BUFFER',
      () => pool.acquire(256),
      () => pool.figures().states
    )
  })
})

describe('a buffer that was made smaller', () => {
  const resizable = (bytes: number) => new ArrayBuffer(bytes, { maxByteLength: 8192 })

  it('is refused as one that went away, and its blocks stay free', () => {
    for (const views of ['ahead', 'on-demand'] as const) {
      const buffer = resizable(4096)
      const pool = new BlockPool({ type: Uint8Array, shape: 64, blocks: 64, views, backing: buffer })
      buffer.resize(2048)
      const state = () => pool.verify()
      refuses('ERR_POOL_DETACHED_BUFFER', () => pool.getBlock(), state)
      refuses('ERR_POOL_DETACHED_BUFFER', () => pool.getBlocks(3), state)
      buffer.resize(4096)
      expect(pool.getBlock()).toHaveLength(64)
    }
  })

  it('is refused for extents too, before anything is moved', () => {
    const buffer = resizable(4096)
    const pool = new ExtentPool({ bytes: 4096, backing: buffer })
    const [hole, , last] = [pool.allocate(100) as number, pool.allocate(2000), pool.allocate(500) as number]
    pool.free(hole)
    buffer.resize(1024)
    refuses('ERR_POOL_DETACHED_BUFFER', () => pool.view(last))
    refuses(
      'ERR_POOL_DETACHED_BUFFER',
      () => pool.compact(),
      () => pool.offsetOf(last)
    )
  })
})

it('a destroyed pool makes no views when the memory grows', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const pool = new BlockPool({ type: Uint8Array, shape: 8, blocks: 100, backing: memory })
  const block = pool.getBlock() as Uint8Array
  pool.destroy()
  memory.grow(1)
  refuses(
    'ERR_POOL_CLOSED',
    () => pool.getBlock(),
    () => pool.viewsMade
  )
  pool.returnBlock(block)
})
