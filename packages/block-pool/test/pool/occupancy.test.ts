import type { Occupancy } from '@pool/core/interfaces'
import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool } from '../../src/index.js'

const used = ({ cells, bits }: Occupancy) =>
  Array.from({ length: cells }, (_, cell) => cell).filter((cell) => ((bits[cell >>> 3]! >>> (cell & 7)) & 1) === 1)

describe.each(['lifo', 'address'] as const)('occupancy() of blocks, %s', (strategy) => {
  it('has the blocks that are out, runs among them, and none beyond the last one', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 70, strategy })
    expect(pool.occupancy()).toMatchObject({ cells: 70, cellBytes: 16 })
    expect(used(pool.occupancy())).toEqual([])
    const views = Array.from({ length: 40 }, () => pool.getBlock()!)
    pool.getBlocks(5)
    for (const view of views.filter((_, at) => at % 3 === 0)) pool.returnBlock(view)
    const expected = Array.from({ length: 70 }, (_, at) => at).filter((at) => pool.stateOf(at) === 'in-use')
    expect(expected).toHaveLength(pool.inUse)
    expect(used(pool.occupancy())).toEqual(expected)
    while (pool.getBlock() !== undefined);
    expect(used(pool.occupancy())).toHaveLength(70)
  })

  it('has the blocks that are still out once the pool is destroyed', () => {
    const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 8, strategy })
    const view = pool.getBlock()!
    pool.destroy()
    expect(used(pool.occupancy())).toEqual([0])
    pool.returnBlock(view)
    expect(used(pool.occupancy())).toEqual([])
  })
})

describe('occupancy() of extents', () => {
  it('has the units of the extents that are out, wherever they lie', () => {
    const pool = new ExtentPool({ bytes: 1024, alignment: 16 })
    const handles = [16, 100, 1, 300].map((bytes) => pool.allocate(bytes)!)
    pool.free(handles[1]!)
    expect(pool.occupancy()).toMatchObject({ cells: 64, cellBytes: 16 })
    const expected = handles.filter((_, at) => at !== 1).flatMap((handle) => unitsOf(pool, handle))
    expect(used(pool.occupancy())).toEqual(expected)
    pool.compact()
    expect(used(pool.occupancy())).toEqual(Array.from({ length: expected.length }, (_, at) => at))
  })

  it('grows with the pool, and is empty once all is free', () => {
    const pool = new ExtentPool({ bytes: 64, maxBytes: 4096, alignment: 16 })
    const handle = pool.allocate(2048)!
    expect(used(pool.occupancy())).toHaveLength(128)
    pool.free(handle)
    expect(used(pool.occupancy())).toEqual([])
  })
})

function unitsOf(pool: ExtentPool, handle: number): number[] {
  const first = pool.offsetOf(handle) / 16
  return Array.from({ length: Math.ceil(pool.lengthOf(handle) / 16) }, (_, at) => first + at)
}
