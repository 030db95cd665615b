import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestSizes, wasteOfSizes } from '../src/advising/best-sizes.js'

const bucket = (largestBytes: number, requests: number) => ({ largestBytes, requests, totalBytes: largestBytes * requests })

/** Every choice of classes, tried. */
function leastWaste(buckets: readonly ReturnType<typeof bucket>[], most: number): number {
  const sizes = buckets.map(({ largestBytes }) => largestBytes)
  let least = Number.POSITIVE_INFINITY
  for (let choice = 1; choice < 2 ** sizes.length; choice++) {
    const chosen = sizes.filter((_, index) => (choice >> index) & 1)
    if (chosen.length <= most && chosen.at(-1) === sizes.at(-1)) least = Math.min(least, wasteOfSizes(buckets, chosen))
  }
  return least
}

describe('bestSizes', () => {
  it('gives each size a class where there are as few', () => {
    expect(bestSizes([bucket(100, 5), bucket(900, 1)], 4)).toEqual({ sizes: [100, 900], wasteBytes: 0 })
    expect(bestSizes([], 4)).toEqual({ sizes: [], wasteBytes: 0 })
  })

  it('refuses arguments that are not what they should be', () => {
    const refused = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    expect(() => bestSizes({} as never, 4)).toThrow(refused)
    expect(() => bestSizes([], 0)).toThrow(refused)
    expect(() => bestSizes([], 1, 4096 as never)).toThrow(refused)
  })

  it('puts the classes where most bytes are', () => {
    const buckets = [bucket(100, 1), bucket(200, 1), bucket(1000, 500), bucket(1500, 2), bucket(2000, 500)]
    expect(bestSizes(buckets, 2).sizes).toEqual([1000, 2000])
  })

  it('leaves out a class that gains next to nothing', () => {
    expect(bestSizes([bucket(999, 1), bucket(1000, 1000), bucket(5000, 1000)], 3).sizes).toEqual([1000, 5000])
  })

  it('rounds as its option says, and counts what that wastes', () => {
    const up = (bytes: number) => Math.ceil(bytes / 100) * 100
    expect(bestSizes([bucket(101, 10), bucket(199, 10)], 5, up)).toEqual({ sizes: [200], wasteBytes: 1000 })
  })

  it('finds what trying every choice finds', { timeout: 60_000 }, () => {
    const histogram = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 100 })), {
        minLength: 1,
        maxLength: 9,
        selector: ([bytes]) => bytes
      })
      .map((rows) => rows.sort(([a], [b]) => a - b).map(([bytes, requests]) => bucket(bytes, requests)))
    fc.assert(
      fc.property(histogram, fc.integer({ min: 1, max: 5 }), (buckets, most) => {
        const { sizes, wasteBytes } = bestSizes(buckets, most)
        const asked = buckets.reduce((sum, { totalBytes }) => sum + totalBytes, 0)
        assert.ok(sizes.length <= most && sizes.at(-1) === buckets.at(-1)?.largestBytes)
        assert.ok(Math.abs(wasteOfSizes(buckets, sizes) - wasteBytes) < 1e-6)
        assert.ok(wasteBytes <= leastWaste(buckets, most) * 1.02 + asked * 0.001 + 1e-6)
      })
    )
  })
})
