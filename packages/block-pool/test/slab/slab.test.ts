import { describe, expect, it } from 'vitest'
import { BlockPool, capabilities, ExtentPool, Slab } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

describe('Slab', () => {
  it('gives each pool a region of its own', () => {
    const slab = new Slab({ bytes: 64 * 1024 })
    const blocks = new BlockPool({ type: Float32Array, shape: 256, blocks: 16, backing: slab })
    const extents = new ExtentPool({ bytes: 32 * 1024, backing: slab })
    const handle = extents.allocate(32 * 1024) as number
    extents.view(handle).fill(1)
    for (let index = 0; index < 16; index++) (blocks.getBlock() as Float32Array).fill(2)
    expect(extents.view(handle).every((byte) => byte === 1)).toBe(true)
    expect(slab.freeBytes).toBe(16 * 1024)
  })

  it('joins regions that come back, and gives them to the next', () => {
    const slab = new Slab({ bytes: 4096 })
    const regions = Array.from({ length: 4 }, () => slab.reserve(1024))
    refuses(
      'ERR_POOL_EXHAUSTED',
      () => slab.reserve(1),
      () => slab.freeBytes
    )
    for (const at of [0, 2, 1, 3]) slab.release(regions[at]!)
    expect(slab.reserve(4096)).toEqual({ byteOffset: 0, byteLength: 4096 })
  })

  it('refuses regions that are not reserved now with ERR_POOL_DOUBLE_RELEASE', () => {
    const slab = new Slab({ bytes: 4096 })
    const free = () => slab.freeBytes
    const [region, other] = [slab.reserve(1024), new Slab({ bytes: 4096 }).reserve(1024)]
    for (const foreign of [other, { ...region }, null]) refuses('ERR_POOL_DOUBLE_RELEASE', () => slab.release(foreign as never), free)
    const longer = slab.extend(region, 2048)!
    expect(longer).toEqual({ byteOffset: 0, byteLength: 2048 })
    refuses('ERR_POOL_DOUBLE_RELEASE', () => slab.release(region), free)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => slab.extend(region, 3000), free)
    for (const bytes of [2047, 0, 1.5, Number.NaN]) refuses('ERR_POOL_INVALID_OPTION', () => slab.extend(longer, bytes), free)
    expect(slab.extend(longer, 8192)).toBeUndefined()
    slab.release(longer)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => slab.release(longer), free)
    expect(slab.freeBytes).toBe(4096)
  })

  it('aligns regions, and keeps what lies before them free', () => {
    const slab = new Slab({ bytes: 8192 })
    slab.reserve(100)
    expect(slab.reserve(1000, 4096)).toEqual({ byteOffset: 4096, byteLength: 1000 })
    expect(slab.reserve(1000)).toEqual({ byteOffset: 128, byteLength: 1000 })
  })

  it('grows up to maxBytes where the memory can', () => {
    const backings = ['array', 'shared', new WebAssembly.Memory({ initial: 1 })] as const
    for (const backing of backings) {
      const slab = new Slab({ bytes: 1024, maxBytes: 70_000, backing })
      slab.reserve(1024)
      expect(slab.reserve(65_536).byteLength).toBe(65_536)
      expect(slab.byteLength).toBe(66_560)
      refuses(
        'ERR_POOL_EXHAUSTED',
        () => slab.reserve(65_536),
        () => slab.byteLength
      )
    }
  })

  it('takes pages of its own in a WebAssembly.Memory, so that nothing of the module is touched', () => {
    const memory = new WebAssembly.Memory({ initial: 2 })
    const slab = new Slab({ bytes: 100, backing: memory })
    expect(slab.reserve(100).byteOffset).toBe(131_072)
    expect(memory.buffer.byteLength).toBe(3 * 65_536)
    const inside = new Slab({ bytes: 65_536, backing: memory, from: 65_536 })
    expect(inside.reserve(1).byteOffset).toBe(65_536)
    expect(memory.buffer.byteLength).toBe(3 * 65_536)
  })

  it('refuses what the memory cannot be', () => {
    refuses('ERR_POOL_EXHAUSTED', () => new Slab({ bytes: 65_537, backing: new WebAssembly.Memory({ initial: 1, maximum: 2 }) }))
    refuses('ERR_POOL_TOO_LARGE', () => new Slab({ bytes: 100, backing: new ArrayBuffer(99) }))
    refuses('ERR_POOL_TOO_LARGE', () => new Slab({ bytes: 100, backing: new ArrayBuffer(100), from: 64 }))
    for (const bytes of [0, 1.5, -1, Number.NaN, 2 ** 32]) refuses('ERR_POOL_INVALID_OPTION', () => new Slab({ bytes }))
    for (const from of [1, -64, 0.5]) {
      refuses('ERR_POOL_INVALID_OPTION', () => new Slab({ bytes: 1, backing: new ArrayBuffer(1000), from }))
    }
    refuses('ERR_POOL_INVALID_OPTION', () => new Slab({ bytes: 1, from: 64 }))
    refuses('ERR_POOL_INVALID_OPTION', () => new Slab({ bytes: 100, maxBytes: 99 }))
    for (const alignment of [0, 3, 2 ** 17]) refuses('ERR_POOL_INVALID_OPTION', () => new Slab({ bytes: 100 }).reserve(1, alignment))
  })

  it('windows shared memory as it is, and other memory as a copy that absorb() brings back', () => {
    const { sharedMemory, transport } = capabilities()
    expect(transport).toBe(sharedMemory ? 'zero-copy' : 'copy')
    for (const backing of ['array', 'shared'] as const) {
      const slab = new Slab({ bytes: 1024, backing })
      const own = new Uint8Array(slab.buffer, 100, 10).fill(3)
      const window = slab.window(100, 10)
      expect(window.zeroCopy).toBe(slab.shared)
      expect(slab.shared).toBe(backing === 'shared' && sharedMemory)
      const theirs = new Uint8Array(window.buffer, window.byteOffset, window.byteLength)
      expect(theirs).toEqual(new Uint8Array(10).fill(3))
      theirs.fill(4)
      expect(own[0]).toBe(slab.shared ? 4 : 3)
      expect(slab.absorb(100, window)).toBe(slab.shared ? 0 : 10)
      expect(own.every((byte) => byte === 4)).toBe(true)
    }
  })

  it('refuses windows that lie outside, or whose memory went away', () => {
    const slab = new Slab({ bytes: 1024 })
    refuses('ERR_POOL_INVALID_OPTION', () => slab.window(1000, 25))
    refuses('ERR_POOL_INVALID_OPTION', () => slab.window(-1, 5))
    refuses('ERR_POOL_TOO_LARGE', () => slab.absorb(1020, slab.window(0, 10)))
    refuses('ERR_POOL_INVALID_OPTION', () => slab.absorb(0, null as never))
    const window = slab.window(0, 10)
    structuredClone(window.buffer, { transfer: [window.buffer as ArrayBuffer] })
    refuses('ERR_POOL_DETACHED_BUFFER', () => slab.absorb(0, window))
  })
})
