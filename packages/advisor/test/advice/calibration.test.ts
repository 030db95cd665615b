import { describe, expect, it } from 'vitest'
import { calibrate } from '../../src/advice/calibration.js'

describe('calibrate', () => {
  it('finds costs that are above nothing and below reason', () => {
    const { node, pageBytes, faultUs, fillUsPerMib, allocationUs, poolUs, tookMs } = calibrate()
    expect(node).toBe(process.version)
    expect(pageBytes).toBe(4096)
    expect(faultUs).toBeGreaterThan(0)
    expect(faultUs).toBeLessThan(10_000)
    expect(fillUsPerMib).toBeGreaterThan(0)
    expect(allocationUs).toBeGreaterThanOrEqual(0)
    expect(poolUs).toBeGreaterThan(0)
    expect(tookMs).toBeGreaterThan(50)
  })
})
