import { expect, it } from 'vitest'
import { groupSize, stratumOf } from '../../src/sampling/size-groups.js'

it('puts each size into a group whose largest size is at most 12.5 % above it, and in the same doubling', () => {
  for (let bytes = 1; bytes < 2 ** 34; bytes += Math.ceil(bytes / 97)) {
    const largest = groupSize(bytes)
    expect(largest).toBeGreaterThanOrEqual(bytes)
    expect(largest / bytes).toBeLessThanOrEqual(1.125)
    expect(stratumOf(largest)).toBe(stratumOf(bytes))
    expect(groupSize(largest)).toBe(largest)
  }
})

it('keeps powers of two as the largest size of their group', () => {
  for (let bits = 0; bits < 36; bits++) {
    expect(groupSize(2 ** bits)).toBe(2 ** bits)
    expect(stratumOf(2 ** bits)).toBe(bits)
  }
})
