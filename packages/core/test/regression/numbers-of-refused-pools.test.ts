import { expect, it } from 'vitest'
import { BufferPool, SizeClassPool } from '../../src/index.js'

const numberOf = (pool: BufferPool) => {
  pool.destroy()
  return Number(pool.name.split('-').at(-1))
}

it('gives no number of the default names to a pool whose options are refused', () => {
  const first = numberOf(new BufferPool({ bufferSize: 64 }))
  expect(() => new BufferPool({ bufferSize: 64, initialSize: 9, maxSize: 3 })).toThrow('initialSize')
  expect(() => new SizeClassPool({ debug: 'loud' as never })).toThrow('debug')
  expect(() => new BufferPool({ bufferSize: 64, memoryPressure: { critical: -1 } })).toThrow('critical')
  expect(numberOf(new BufferPool({ bufferSize: 64 }))).toBe(first + 1)
})
