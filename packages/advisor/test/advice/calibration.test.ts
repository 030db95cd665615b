import { describe, expect, it } from 'vitest'
import { calibrate } from '../../src/advice/calibration.js'

describe('calibrate', () => {
  it('finds costs that are above nothing and below reason', () => {
    const { node, pageBytes, faultUs, fillUsPerMib, coldFillUsPerMib, collectionBytes, allocationUs, poolUs, tookMs } = calibrate()
    expect(node).toBe(process.version)
    expect(pageBytes).toBe(4096)
    expect(faultUs).toBeGreaterThan(0)
    expect(faultUs).toBeLessThan(10_000)
    expect(fillUsPerMib).toBeGreaterThan(0)
    expect(coldFillUsPerMib).toBeGreaterThanOrEqual(fillUsPerMib)
    expect(collectionBytes).toBeGreaterThanOrEqual(2 ** 24)
    expect(collectionBytes).toBeLessThanOrEqual(2 ** 27)
    expect(allocationUs).toBeGreaterThanOrEqual(0)
    expect(poolUs).toBeGreaterThan(0)
    expect(tookMs).toBeGreaterThan(50)
  })

  it('prices a page fault alike where the allocator has memory left', () => {
    const first = calibrate().faultUs
    // Freed memory of the same size, which costs next to no fault when it is used again.
    for (let round = 0; round < 8; round++) Buffer.alloc(16 * 2 ** 20, 1)
    const later = [calibrate(), calibrate()].map(({ faultUs }) => faultUs)
    for (const faultUs of later) expect(faultUs).toBeLessThan(first * 10)
  })
})
