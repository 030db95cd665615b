import { describe, expect, it } from 'vitest'
import { FreeList } from '../src/arena/free-list.js'

function listOf(count: number): { list: FreeList; buffers: ReturnType<typeof Buffer.alloc>[] } {
  const list = new FreeList(8, 0, 1000)
  const buffers = Array.from({ length: count }, () => Buffer.alloc(8))
  for (const buffer of buffers) {
    list.enter(8)
    list.layBy(buffer)
  }
  return { list, buffers }
}

describe('FreeList.shed', () => {
  it.each([0, 1, 4, 5, 6, 9, 10, 11])('takes %i of ten buffers off the cold end, and keeps the order of the others', (count) => {
    const { list, buffers } = listOf(10)
    expect(list.shed(count)).toEqual(buffers.slice(0, count))
    expect(list.free).toEqual(buffers.slice(count))
    expect([list.total, list.low, list.inUse]).toEqual([Math.max(0, 10 - count), Math.max(0, 10 - count), 0])
  })

  it('gives each very buffer to one side only', () => {
    const { list, buffers } = listOf(10)
    const shed = new Set<Buffer>(list.shed(7))
    expect(buffers.map((buffer) => shed.has(buffer))).toEqual(buffers.map((buffer) => !list.free.includes(buffer)))
  })
})
