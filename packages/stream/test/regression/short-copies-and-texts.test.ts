import { SizeClassPool } from '@pool/core'
import { expect, it } from 'vitest'
import { PooledBufferList } from '../../src/index.js'

// A few bytes were copied one by one, and the first of them overwrote those that were to be copied next.
it.each([3, 8, 9])('copies %i bytes to memory that overlaps their own, in both directions', (bytes) => {
  for (const [from, to] of [
    [0, 1],
    [1, 0]
  ] as const) {
    const memory = Buffer.from('abcdefghijklmnop')
    const expected = Buffer.from(memory)
    expected.copyWithin(to, from, from + bytes)
    using list = new PooledBufferList()
    list.append(memory.subarray(from, from + bytes))
    expect(list.copy(memory, to)).toBe(bytes)
    expect(memory.toString()).toBe(expected.toString())
  }
})

// Three bytes were counted for each character, and memory was leased for all of them where that is more than a segment has.
it('leases no more for a short text than its bytes need, where the pool has shorter memory than that', () => {
  const pool = new SizeClassPool({ minClassBytes: 64, maxClassBytes: 128, oversize: 'refuse', maxLiveBytes: 128 })
  const list = new PooledBufferList({ pool })
  const text = 'a'.repeat(50)
  expect(list.write(text).stats()).toMatchObject({ bytes: 50, segments: 1, heldBytes: 128 })
  expect(list.toString()).toBe(text)
  list.close()
  expect(pool.stats().inUse).toBe(0)
  pool.destroy()
})
