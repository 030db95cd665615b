import { describe, expect, it } from 'vitest'
import { BlockPool, Slab } from '../../src/index.js'
import { backings } from '../support/backings.js'
import { refuses } from '../support/refuses.js'

const types = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array
] as const

const stateOf = (pool: BlockPool) => () => ({ ...pool.verify(), available: pool.available, inUse: pool.inUse })

describe('BlockPool', () => {
  it('hands out views of the type and the shape that were asked for', () => {
    for (const type of types) {
      const pool = new BlockPool({ type: type as typeof Float32Array, shape: [3, 4], blocks: 2 })
      const block = pool.getBlock()
      expect(block).toBeInstanceOf(type)
      expect(block).toHaveLength(12)
      expect(pool.blockBytes).toBe(12 * type.BYTES_PER_ELEMENT)
      expect(pool.shape).toEqual([3, 4])
    }
  })

  it('hands out the lowest address first, whatever the order of returns', () => {
    for (const blocks of [1, 31, 32, 33, 1024, 1025, 70_000]) {
      const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks, views: 'on-demand' })
      for (let index = 0; index < blocks; index++) if (pool.getIndex() !== index) expect.fail(`not ${index} of ${blocks}`)
      expect(pool.getIndex()).toBe(-1)
      const some = [...new Set([0, 5, 31, 32, 700, 1023, 1024, 33_000, 69_999].filter((index) => index < blocks))]
      for (const index of [...some].reverse()) pool.returnBlock(index)
      for (const index of some) expect(pool.getIndex()).toBe(index)
      expect(pool.getBlock()).toBeUndefined()
      expect(pool.verify().free).toBe(0)
    }
  })

  it('hands out the block returned last first, when asked to', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 8, blocks: 8, strategy: 'lifo', coalesceAbove: 100 })
    const all = Array.from({ length: 8 }, () => pool.getBlock() as Uint8Array)
    for (const index of [3, 6, 1]) pool.returnBlock(index)
    expect([pool.getBlock(), pool.getBlock(), pool.getBlock()]).toEqual([all[1], all[6], all[3]])
  })

  it('hands out the same view of a block each time, and makes none after the first', () => {
    for (const views of ['ahead', 'on-demand'] as const) {
      const pool = new BlockPool({ type: Float64Array, shape: 4, blocks: 4, views })
      expect(pool.viewsMade).toBe(views === 'ahead' ? 4 : 0)
      const first = pool.getBlock() as Float64Array
      pool.returnBlock(first)
      const made = pool.viewsMade
      expect(pool.getBlock()).toBe(first)
      expect(pool.viewsMade).toBe(made)
    }
  })

  it('takes blocks back by view and by index, and finds the one by the other', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 16, blocks: 3 })
    const [a, b] = [pool.getBlock() as Float32Array, pool.getBlock() as Float32Array]
    expect([pool.indexOf(a), pool.indexOf(b)]).toEqual([0, 1])
    expect(pool.blockAt(1)).toBe(b)
    expect(pool.offsetOf(1)).toBe(b.byteOffset)
    pool.returnBlock(a)
    pool.returnBlock(1)
    expect(pool.available).toBe(3)
  })

  for (const strategy of ['address', 'lifo'] as const) {
    it(`takes a run of neighbours as one view (${strategy})`, () => {
      const pool = new BlockPool({ type: Int16Array, shape: 10, blocks: 200, strategy })
      const first = pool.getBlock() as Int16Array
      const run = pool.getBlocks(70) as Int16Array
      expect(run).toHaveLength(700)
      expect(run.byteOffset).toBe(pool.offsetOf(pool.indexOf(run)))
      expect(pool.inUse).toBe(71)
      expect(pool.getBlocks(130)).toBeUndefined()
      pool.returnBlock(run)
      pool.returnBlock(first)
      expect(pool.verify()).toEqual({ free: 200, runs: 1, longest: 200 })
      expect(pool.getBlocks(200)).toHaveLength(2000)
    })
  }

  it('refuses what is returned twice with ERR_POOL_DOUBLE_RELEASE', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 8 })
    const block = pool.getBlock() as Float32Array
    const run = pool.getBlocks(3) as Float32Array
    pool.returnBlock(block)
    pool.returnBlock(run)
    for (const again of [block, run, 0, 7]) refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.returnBlock(again), stateOf(pool))
    // The blocks of the run have other owners now; its view still does not return them.
    const others = Array.from({ length: 8 }, () => pool.getBlock())
    expect(others).not.toContain(undefined)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.returnBlock(run), stateOf(pool))
    expect(pool.stats().refusedReleases).toBe(5)
  })

  it('refuses what it did not make with ERR_POOL_FOREIGN_BUFFER', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 4 })
    const other = new BlockPool({ type: Float32Array, shape: 4, blocks: 4 })
    const block = pool.getBlock() as Float32Array
    const foreign = [
      other.getBlock(),
      block.subarray(),
      new Float32Array(4),
      new Float32Array(block.buffer, 0, 4),
      {},
      null,
      undefined,
      'a',
      []
    ]
    for (const value of foreign) {
      refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.returnBlock(value as Float32Array), stateOf(pool))
      refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.indexOf(value as Float32Array), stateOf(pool))
    }
  })

  it('refuses indices out of range, fractions and NaN with ERR_POOL_INVALID_INDEX', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 4 })
    pool.getBlock()
    for (const index of [-1, 4, 1e10, 2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      refuses('ERR_POOL_INVALID_INDEX', () => pool.returnBlock(index), stateOf(pool))
      refuses('ERR_POOL_INVALID_INDEX', () => pool.blockAt(index), stateOf(pool))
      refuses('ERR_POOL_INVALID_INDEX', () => pool.offsetOf(index), stateOf(pool))
    }
    refuses('ERR_POOL_INVALID_INDEX', () => pool.offsetOf('0' as unknown as number))
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.blockAt(3))
  })

  it('refuses a part of a run with ERR_POOL_PART_OF_RUN', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 8 })
    const view = pool.getBlock() as Float32Array
    pool.returnBlock(view)
    const run = pool.getBlocks(3) as Float32Array
    for (const part of [0, 1, 2, view]) refuses('ERR_POOL_PART_OF_RUN', () => pool.returnBlock(part), stateOf(pool))
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.returnBlock(3), stateOf(pool))
    pool.returnBlock(run)
  })

  it('refuses options that it cannot have', () => {
    const good = { type: Float32Array, shape: 4, blocks: 4 }
    const bad: object[] = [
      ...[0, -1, 1.5, Number.NaN, '4', [], [4, 0], [1.5], ['4']].map((shape) => ({ shape })),
      ...[0, -1, 1.5, Number.NaN, 2 ** 26, '4'].map((blocks) => ({ blocks })),
      ...[undefined, Array, class extends Float32Array {}, {}, 'f32', DataView].map((type) => ({ type })),
      ...[{}, 'disk', 7, null].map((backing) => ({ backing })),
      ...[-1, 101, Number.NaN, '20'].map((coalesceAbove) => ({ coalesceAbove })),
      { strategy: 'fifo' },
      { views: 'never' },
      { name: '' },
      { block: 4 }
    ]
    for (const options of bad) refuses('ERR_POOL_INVALID_OPTION', () => new BlockPool({ ...good, ...options }))
    refuses('ERR_POOL_INVALID_OPTION', () => new BlockPool(undefined as never))
    refuses('ERR_POOL_TOO_LARGE', () => new BlockPool({ ...good, shape: 2 ** 30, blocks: 4 }))
    refuses('ERR_POOL_TOO_LARGE', () => new BlockPool({ ...good, backing: new ArrayBuffer(63) }))
    refuses('ERR_POOL_EXHAUSTED', () => new BlockPool({ ...good, backing: new Slab({ bytes: 63 }) }))
    for (const count of [0, 5, 1.5, Number.NaN]) refuses('ERR_POOL_INVALID_OPTION', () => new BlockPool(good).getBlocks(count))
  })

  it('is fragmented by what goes out apart, and coalesces when asked', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks: 5, strategy: 'lifo', coalesceAbove: 100 })
    for (let index = 0; index < 5; index++) pool.getBlock()
    // The picture of the documentation: 2, 3, 0, 4 go out in this order.
    for (const index of [4, 0, 3, 2]) pool.returnBlock(index)
    expect(pool.getFragmentation()).toBe(25)
    expect(pool.getEfficiency()).toBe(80)
    expect(pool.coalesce()).toEqual({ count: 1, automatic: false, mendedPairs: 1, fragmentationBefore: 25, fragmentationAfter: 0 })
    expect([pool.getIndex(), pool.getIndex(), pool.getIndex(), pool.getIndex()]).toEqual([0, 2, 3, 4])
    expect(pool.getEfficiency()).toBe(100)
  })

  it('coalesces by itself above its threshold, and says what that did', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks: 100, strategy: 'lifo' })
    expect(pool.lastCoalescing).toBeUndefined()
    for (let index = 0; index < 100; index++) pool.getBlock()
    for (let index = 0; index < 100; index++) {
      pool.returnBlock((index * 37) % 100)
      expect(pool.getFragmentation()).toBeLessThanOrEqual(20)
    }
    const { automatic, mendedPairs, fragmentationBefore, fragmentationAfter } = pool.lastCoalescing!
    expect({ automatic, fragmentationAfter }).toEqual({ automatic: true, fragmentationAfter: 0 })
    expect(mendedPairs).toBeGreaterThan(0)
    expect(fragmentationBefore).toBeGreaterThan(20)
  })

  it('has no fragmentation in the order of addresses', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks: 100 })
    for (let index = 0; index < 100; index++) pool.getBlock()
    for (let index = 0; index < 100; index += 3) pool.returnBlock((index * 37) % 100)
    expect(pool.getFragmentation()).toBe(0)
    expect(pool.coalesce()).toMatchObject({ automatic: false, mendedPairs: 0 })
    expect(pool.verify().runs).toBeGreaterThan(1)
  })

  it('keeps few records: under 3 % of blocks of 256 bytes, under 0.1 % of blocks of 4 KiB', () => {
    for (const strategy of ['address', 'lifo'] as const) {
      for (const [blockBytes, bar] of [
        [256, 0.03],
        [4096, 0.001]
      ] as const) {
        const pool = new BlockPool({ type: Uint8Array, shape: blockBytes, blocks: 4096, strategy })
        expect(pool.bookkeepingBytes / (4096 * blockBytes)).toBeLessThanOrEqual(bar)
      }
    }
  })

  for (const backing of backings) {
    it(`lies in ${backing.name}`, () => {
      const pool = new BlockPool({ type: Uint32Array, shape: 8, blocks: 16, backing: backing.open(512) })
      const blocks = Array.from({ length: 16 }, () => pool.getBlock() as Uint32Array)
      for (const [index, block] of blocks.entries()) block.fill(index)
      expect(blocks.every((block, index) => block.buffer === pool.slab.buffer && block.every((value) => value === index))).toBe(true)
      for (const block of blocks) pool.returnBlock(block)
    })
  }

  it('refuses to go on with ERR_POOL_DETACHED_BUFFER when its memory was transferred away', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 8, blocks: 4 })
    pool.getBlock()
    structuredClone(pool.slab.buffer, { transfer: [pool.slab.buffer as ArrayBuffer] })
    refuses('ERR_POOL_DETACHED_BUFFER', () => pool.getBlock(), stateOf(pool))
    refuses('ERR_POOL_DETACHED_BUFFER', () => pool.getBlocks(2), stateOf(pool))
    pool.returnBlock(0)
    expect(pool.inUse).toBe(0)
  })

  it('hands out nothing once destroyed, takes back what is out, and gives its region back with the last of it', () => {
    const slab = new Slab({ bytes: 1024 })
    const pool = new BlockPool({ type: Uint8Array, shape: 64, blocks: 16, backing: slab })
    const [a, run] = [pool.getBlock() as Uint8Array, pool.getBlocks(2) as Uint8Array]
    pool.destroy()
    pool.destroy()
    refuses('ERR_POOL_CLOSED', () => pool.getBlock())
    refuses('ERR_POOL_CLOSED', () => pool.getIndex())
    refuses('ERR_POOL_CLOSED', () => pool.getBlocks(2))
    pool.returnBlock(a)
    expect(slab.freeBytes).toBe(0)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.returnBlock(a))
    pool.returnBlock(run)
    expect(slab.freeBytes).toBe(1024)
    expect(pool.stats()).toMatchObject({ closed: true, available: 0, inUse: 0, liveBytes: 0 })
    expect(pool.coalesce().mendedPairs).toBe(0)
  })

  it('tells fragmentation and efficiency as ratios', () => {
    const pool = new BlockPool({ type: Uint8Array, shape: 1, blocks: 5, strategy: 'lifo', coalesceAbove: 100 })
    for (let index = 0; index < 5; index++) pool.getBlock()
    for (const index of [4, 0, 3, 2]) pool.returnBlock(index)
    expect(pool.stats()).toMatchObject({ kind: 'block', fragmentationRatio: 0.25, efficiencyRatio: 0.8 })
  })

  for (const strategy of ['address', 'lifo'] as const) {
    it(`tells the state of each block: allocated, in use, recycled (${strategy})`, () => {
      const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 64, strategy })
      const states = Array.from({ length: 64 }, () => 'allocated')
      const held: Float32Array[] = []
      for (let turn = 0; turn < 400; turn++) {
        const taken = turn % 9 === 0 ? pool.getBlocks((turn % 5) + 2) : turn % 3 === 0 ? undefined : pool.getBlock()
        const [view, state] = taken === undefined ? [held.splice((turn * 7) % (held.length || 1), 1)[0], 'recycled'] : [taken, 'in-use']
        if (view === undefined) continue
        if (taken === undefined) pool.returnBlock(view)
        else held.push(taken)
        const first = pool.indexOf(view)
        states.fill(state, first, first + view.length / 4)
        expect(Array.from({ length: 64 }, (_, index) => pool.stateOf(index))).toEqual(states)
        expect(pool.stateOf(view)).toBe(state)
        expect(pool.everTaken).toBe(states.filter((one) => one !== 'allocated').length)
      }
      refuses('ERR_POOL_INVALID_INDEX', () => pool.stateOf(64))
      refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.stateOf(new Float32Array(4)))
    })
  }
})
