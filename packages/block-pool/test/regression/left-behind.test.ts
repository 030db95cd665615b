import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool, Slab, type SlabWindow } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

describe('arguments that are no numbers', () => {
  for (const value of [10n, Symbol('10'), { valueOf: () => 10 }, [10], '10', true]) {
    it(`are refused with ERR_POOL_INVALID_OPTION: ${typeof value}`, () => {
      const extents = new ExtentPool({ bytes: 4096 })
      const handle = extents.allocate(64) as number
      const samples = new SamplePool({ blocks: 1 })
      const bad = value as number
      for (const action of [
        () => extents.allocate(bad),
        () => extents.reallocate(handle, bad),
        () => extents.extent(bad),
        () => samples.acquire(bad),
        () => samples.expand(bad),
        () => new BlockPool({ type: Uint8Array, shape: 1, blocks: bad })
      ]) {
        refuses('ERR_POOL_INVALID_OPTION', action, () => extents.verify())
      }
    })
  }

  it('null is no budget', () => {
    refuses('ERR_POOL_INVALID_OPTION', () => new ExtentPool({ bytes: 4096 }).compact({ budgetMs: null as never }))
  })
})

it('a SamplePool that does not fit leaves its slab as it was', () => {
  const slab = new Slab({ bytes: 40_000 })
  refuses(
    'ERR_POOL_EXHAUSTED',
    () => new SamplePool({ buckets: [256, 4096], blocks: 32, backing: slab }),
    () => slab.freeBytes
  )
  refuses('ERR_POOL_TOO_LARGE', () => new SamplePool({ buckets: [2 ** 24], blocks: 65_536 }))
})

describe('an ExtentPool grows into what is free at its end', () => {
  it('up to the whole of maxBytes', () => {
    const pool = new ExtentPool({ bytes: 4096, maxBytes: 65_536 })
    const all = pool.allocate(65_536) as number
    expect(pool.view(all)).toHaveLength(65_536)
    expect(pool.verify()).toEqual({ used: 1, free: 0, freeUnits: 0 })
  })

  it('by no more than is missing', () => {
    const pool = new ExtentPool({ bytes: 4096, maxBytes: 8192 })
    pool.allocate(1024)
    expect(pool.allocate(7168)).toBeGreaterThan(0)
    expect(pool.bytes).toBe(8192)
    pool.verify()
  })
})

describe('a pinned extent', () => {
  it('gives up no bytes: ERR_POOL_PINNED when it would shrink', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const extent = pool.extent(1024)!
    extent.pin()
    refuses(
      'ERR_POOL_PINNED',
      () => extent.resize(16),
      () => ({ ...pool.verify(), length: extent.byteLength })
    )
    // Within the last unit nothing is given up; and it may grow where it is.
    expect(extent.resize(1020)).toBe(true)
    expect(extent.resize(2048)).toBe(true)
    extent.unpin()
    expect(extent.resize(16)).toBe(true)
    expect(pool.freeBytes).toBe(4080)
  })
})

describe('windows that nobody opened', () => {
  const slab = new Slab({ bytes: 1000 })
  const windows: object[] = [
    {},
    { zeroCopy: false },
    { zeroCopy: false, buffer: 3, byteOffset: 0, byteLength: 1 },
    { zeroCopy: false, buffer: new ArrayBuffer(10), byteOffset: -5, byteLength: 5 },
    { zeroCopy: false, buffer: new ArrayBuffer(10), byteOffset: 0.5, byteLength: 1 },
    { zeroCopy: false, buffer: new ArrayBuffer(10), byteOffset: 0, byteLength: Number.NaN },
    { zeroCopy: true, buffer: new ArrayBuffer(10), byteOffset: 0, byteLength: 10 }
  ]
  it.each(windows)('are refused with ERR_POOL_INVALID_OPTION: %o', (window) => {
    refuses('ERR_POOL_INVALID_OPTION', () => slab.absorb(0, window as SlabWindow))
  })
})
