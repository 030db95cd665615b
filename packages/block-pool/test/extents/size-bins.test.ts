import { describe, expect, it } from 'vitest'
import { Row } from '../../src/extents/extent-row.js'
import { binOf, SizeBins } from '../../src/extents/size-bins.js'

const maxUnits = 2 ** 30 - 1
/** Rows of free extents of these sizes, from row 1 on. */
const rowsOf = (sizes: readonly number[]) => {
  const rows = new Int32Array((sizes.length + 1) * 8)
  for (const [at, size] of sizes.entries()) rows[((at + 1) << 3) + Row.Size] = size
  return rows
}

describe('SizeBins', () => {
  it('puts each size into one bin, larger ones never into an earlier one, and wastes 1/32 at the most', () => {
    let [bin, first] = [0, 0]
    for (let size = 1; size < 200_000; size++) {
      const next = binOf(size)
      if (next !== bin) {
        if (next !== bin + 1) expect.fail(`bin ${bin} is followed by ${next}`)
        ;[bin, first] = [next, size]
      } else if (size - first >= Math.max(1, first / 32)) expect.fail(`${first} and ${size} share a bin`)
    }
    expect(binOf(maxUnits)).toBe(26 * 32 - 1)
  })

  it('gives an extent that is large enough for whatever was asked, of every size at the border of a bin', () => {
    const borders = Array.from({ length: 30 }, (_, exponent) => [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1]).flat()
    for (const size of borders.filter((one) => one >= 1 && one <= maxUnits)) {
      for (const asked of [size - 1, size, size + 1].filter((one) => one >= 1 && one <= maxUnits)) {
        const bins = new SizeBins(maxUnits)
        const rows = rowsOf([size])
        bins.insert(rows, 1)
        expect(bins.take(rows, asked)).toBe(asked <= size ? 1 : 0)
        expect(bins.groups !== 0).toBe(asked > size)
      }
    }
  })

  it('takes from the smallest bin that will do, and forgets what it gave', () => {
    const bins = new SizeBins(10_000)
    const rows = rowsOf([5000, 700, 90, 12])
    for (const extent of [1, 2, 3, 4]) bins.insert(rows, extent)
    expect(bins.largest(rows)).toBe(5000)
    expect([10, 80, 500, 500, 1].map((size) => bins.take(rows, size))).toEqual([4, 3, 2, 1, 0])
    expect(bins.largest(rows)).toBe(0)
  })
})
