import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SizeClassTable, spacedSizes } from '../src/arena/size-class-table.js'
import { SizeClassPool } from '../src/index.js'
import { arenaOf } from '../src/pools/pool.js'

const mebibyte = 2 ** 20
const none = { bufferSize: 0 }
const tableOf = (sizes: readonly number[]) => {
  const classes = sizes.map((bufferSize) => ({ bufferSize }))
  return { classes, table: new SizeClassTable(classes, none) }
}

describe('spacedSizes', () => {
  it('doubles, or has four to the doubling, and ends with the largest itself', () => {
    expect(spacedSizes(256, 2048, 1)).toEqual([256, 512, 1024, 2048])
    expect(spacedSizes(256, 1024, 4)).toEqual([256, 320, 384, 448, 512, 640, 768, 896, 1024])
    expect(spacedSizes(300, 1000, 1)).toEqual([300, 600, 1000])
    expect(spacedSizes(64, 64, 4)).toEqual([64])
  })

  it('ascends without repeating, however small it begins', () => {
    for (const [min, max] of [
      [1, 40],
      [2, 33],
      [3, 100],
      [7, 8]
    ] as const) {
      for (const perDoubling of [1, 4] as const) {
        const sizes = spacedSizes(min, max, perDoubling)
        expect(sizes.every((size, index) => Number.isInteger(size) && size > (sizes[index - 1] ?? 0))).toBe(true)
        expect([sizes[0], sizes.at(-1)]).toEqual([min, max])
      }
    }
  })

  it('wastes under half with powers of two, and at most a fifth with four to the doubling', () => {
    for (const [perDoubling, bound] of [
      [1, 0.5],
      [4, 0.2]
    ] as const) {
      const sizes = spacedSizes(1024, mebibyte, perDoubling)
      let worst = 0
      for (let bytes = 1025; bytes <= mebibyte; bytes++) {
        while ((sizes[0] as number) < bytes) sizes.shift()
        worst = Math.max(worst, 1 - bytes / (sizes[0] as number))
      }
      expect(worst).toBeLessThan(bound)
    }
  })
})

describe('SizeClassTable', { timeout: 60_000 }, () => {
  it.each([
    ['powers of two', spacedSizes(256, mebibyte, 1)],
    ['four to the doubling', spacedSizes(256, mebibyte, 4)],
    ['powers of two from 8 bytes', spacedSizes(8, mebibyte, 1)],
    ['four to the doubling from 16 bytes', spacedSizes(16, mebibyte, 4)]
  ])('finds the smallest class that is large enough, for every size up to 1 MiB: %s', (_, sizes) => {
    const { classes, table } = tableOf(sizes)
    const wrong: number[] = []
    let next = 0
    for (let bytes = 1; bytes <= mebibyte + 1; bytes++) {
      while (next < classes.length && (classes[next]?.bufferSize as number) < bytes) next++
      if (table.find(bytes) !== (classes[next] ?? none)) wrong.push(bytes)
    }
    expect(wrong.slice(0, 10)).toEqual([])
  })

  it.each([
    ['powers of two from 1 byte', { minClassBytes: 1 }],
    ['four to the doubling from 1 byte', { minClassBytes: 1, classesPerDoubling: 4 }],
    ['odd bounds', { minClassBytes: 300, maxClassBytes: 1_000_001, classesPerDoubling: 4 }],
    ['a list of one’s own', { sizes: [1, 2, 3, 1000, 1001, 1002, 1003, 65_000, 1_000_003] }]
  ] as const)('finds it with a search behind it, for every size up to 1 MiB: %s', (_, options) => {
    const pool = new SizeClassPool(options)
    const arena = arenaOf(pool)
    const wrong: number[] = []
    let next = 0
    for (let bytes = 1; bytes <= mebibyte; bytes++) {
      while (next < pool.sizes.length && (pool.sizes[next] as number) < bytes) next++
      if (arena.classFor(bytes) !== (arena.classes[next] ?? arena.oversize)) wrong.push(bytes)
    }
    expect(wrong.slice(0, 10)).toEqual([])
    pool.destroy()
  })

  it('finds it for lists of one’s own, or leaves it to a search where a quarter has several classes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 128 }), (list) => {
        const sizes = list.sort((a, b) => a - b)
        const pool = new SizeClassPool({ sizes, leakDetection: 'off', shrinkInterval: 0 })
        const { table, oversize } = arenaOf(pool)
        for (let bytes = 1; bytes <= 20_000; bytes += bytes < 100 ? 1 : 7) {
          const expected = sizes.find((size) => size >= bytes)
          const found = table.find(bytes)
          const chosen = arenaOf(pool).classFor(bytes)
          if (found !== oversize && found.bufferSize !== expected) return false
          if ((chosen === oversize ? undefined : chosen.bufferSize) !== expected) return false
        }
        return true
      }),
      { numRuns: 30, seed: 7 }
    )
  })

  it('finds nothing for what is no size it could serve', () => {
    const { table } = tableOf([256, 512])
    const values = [
      0,
      -0,
      -1,
      0.5,
      1.5,
      513,
      2 ** 31,
      2 ** 32 + 1,
      2 ** 53,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '5',
      1n,
      null,
      undefined,
      true,
      {}
    ]
    for (const value of values) expect(table.find(value as number)).toBe(none)
  })

  it('knows classes up to 1 GiB', () => {
    const { classes, table } = tableOf([2 ** 29, 2 ** 30])
    expect(table.find(1)).toBe(classes[0])
    expect(table.find(2 ** 29 + 1)).toBe(classes[1])
    expect(table.find(2 ** 30)).toBe(classes[1])
    expect(table.find(2 ** 30 + 1)).toBe(none)
    expect(table.find(2 ** 31 - 1)).toBe(none)
  })
})
