import { describe, expectTypeOf, it } from 'vitest'
import { type Backing, BlockPool, ExtentPool, SamplePool, Slab } from '../../src/index.js'

/** `Float32Array<ArrayBuffer>`, where the types can say so. */
type PrivateSamples = ReturnType<typeof Float32Array.of>
type PrivateBytes = ReturnType<typeof Uint8Array.of>

describe('the type of what is handed out', () => {
  it('is over an ArrayBuffer for memory that is one, which the web takes', () => {
    const block = new BlockPool({ type: Float32Array, shape: 16, blocks: 1 }).getBlock()!
    expectTypeOf(block).toEqualTypeOf<PrivateSamples>()
    const adopted = new BlockPool({ type: Uint8Array, shape: 16, blocks: 1, backing: new ArrayBuffer(16) }).getBlock()!
    expectTypeOf(adopted).toEqualTypeOf<PrivateBytes>()
    const slab = new Slab({ bytes: 4096 })
    const carved = new BlockPool({ type: Float32Array, shape: 16, blocks: 1, backing: slab }).getBlock()!
    expectTypeOf(carved).toEqualTypeOf<PrivateSamples>()
    const extents = new ExtentPool({ bytes: 256, backing: slab })
    const extent = extents.extent(16)!
    expectTypeOf(extent.view()).toEqualTypeOf<PrivateBytes>()
    expectTypeOf(extents.view(extent.handle)).toEqualTypeOf<PrivateBytes>()
    const samples = new SamplePool({ buckets: [16], blocks: 1 }).acquire(16)!
    expectTypeOf(samples).toEqualTypeOf<PrivateSamples>()
    expectTypeOf<(channel: AudioBuffer) => void>().toEqualTypeOf((channel: AudioBuffer) => {
      channel.copyToChannel(block, 0)
      channel.copyToChannel(samples, 0)
    })
    new Blob([block, adopted, extent.view(), samples])
  })

  it('is over any buffer for shared memory and for WebAssembly', () => {
    for (const backing of ['shared', new WebAssembly.Memory({ initial: 1 })] as const) {
      const block = new BlockPool({ type: Float32Array, shape: 16, blocks: 1, backing }).getBlock()!
      expectTypeOf(block).toEqualTypeOf<Float32Array>()
      expectTypeOf(new ExtentPool({ bytes: 256, backing }).extent(16)!.view()).toEqualTypeOf<Uint8Array>()
      const slab = new Slab({ bytes: 4096, backing })
      expectTypeOf(new SamplePool({ buckets: [16], blocks: 1, backing: slab }).acquire(16)!).toEqualTypeOf<Float32Array>()
    }
    expectTypeOf(new SamplePool({ buckets: [16], blocks: 1, backing: 'shared' }).acquire(16)!).toEqualTypeOf<Float32Array>()
  })

  it('fits variables that do not tell the kind of memory, and comes back from them', () => {
    const pool: BlockPool<Float32Array> = new BlockPool({ type: Float32Array, shape: 16, blocks: 2 })
    const block: Float32Array = pool.getBlock()!
    pool.returnBlock(block)
    const precise = new BlockPool({ type: Float32Array, shape: 16, blocks: 2 })
    const any: Float32Array = precise.getBlock()!
    precise.returnBlock(any)
    // @ts-expect-error a Uint8Array is not a block of floats
    const wrong = () => precise.returnBlock(new Uint8Array(1))
    expectTypeOf(wrong).toBeFunction()
    const extents: ExtentPool<Backing> = new ExtentPool({ bytes: 256 })
    expectTypeOf(extents.extent(16)!.view()).toEqualTypeOf<Uint8Array>()
  })
})
