import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partCount, partEnd, partIndex } from '../src/arena/doubling-parts.js'

const largest = 2 ** 31 - 1

describe('parts of doublings', () => {
  it('give small sizes a part each', () => {
    for (let bytes = 1; bytes <= 32; bytes++) expect([partIndex(bytes, 5), partEnd(bytes, 5)]).toEqual([bytes - 1, bytes])
  })

  it('hold each size between their ends, in order, for every number of bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: largest }), fc.constantFrom(2, 5, 7), (bytes, bits) => {
        const end = partEnd(bytes, bits)
        assert.ok(end >= bytes && (end - bytes) * 2 ** bits < bytes, `${bytes} ends at ${end}`)
        assert.ok(partIndex(bytes, bits) < partCount(bits))
        if (end > largest) return
        assert.equal(partIndex(end, bits), partIndex(bytes, bits))
        if (end < largest) assert.equal(partIndex(end + 1, bits), partIndex(bytes, bits) + 1)
      })
    )
  })
})
