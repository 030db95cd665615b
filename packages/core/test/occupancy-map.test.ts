import { BufferPool } from '@pool/core'
import { OccupancyMap, occupancyOf } from '@pool/core/kit'
import { describe, expect, it } from 'vitest'

const used = ({ cells, bits }: OccupancyMap) =>
  Array.from({ length: cells }, (_, cell) => cell).filter((cell) => ((bits[cell >>> 3]! >>> (cell & 7)) & 1) === 1)

describe('OccupancyMap', () => {
  it('has a bit for each unit, and draws runs of any length at any place', () => {
    const drawn = new Set<number>()
    const map = new OccupancyMap(100, 64)
    for (const [first, count] of [
      [0, 1],
      [5, 0],
      [7, 2],
      [16, 24],
      [43, 21],
      [99, 1]
    ] as const) {
      map.mark(first, count)
      for (let unit = first; unit < first + count; unit++) drawn.add(unit)
    }
    expect(map).toMatchObject({ cells: 100, cellBytes: 64 })
    expect(used(map)).toEqual([...drawn].sort((a, b) => a - b))
  })

  it('draws nothing beyond its last unit', () => {
    const map = new OccupancyMap(10, 1)
    map.mark(8, 100)
    map.mark(10, 5)
    expect([...map.bits]).toEqual([0, 3])
    expect(new OccupancyMap(0, 16)).toMatchObject({ cells: 0 })
  })

  it('lets neighbours share a cell beyond 2²⁰ of them: it is in use where one of them is', () => {
    const map = new OccupancyMap(3 * 2 ** 20 - 1, 16)
    expect(map).toMatchObject({ cells: 2 ** 20, cellBytes: 48 })
    map.mark(4, 3)
    map.mark(3 * 2 ** 20 - 2, 1)
    expect(used(map)).toEqual([1, 2, 2 ** 20 - 1])
  })
})

it('is read of a pool that has one, and of no other', () => {
  const occupancy = new OccupancyMap(8, 1)
  expect(occupancyOf({ occupancy: () => occupancy })).toBe(occupancy)
  expect(occupancyOf({ occupancy: 5 })).toBeUndefined()
  const pool = new BufferPool({ bufferSize: 64 })
  expect(occupancyOf(pool)).toBeUndefined()
  pool.destroy()
})
