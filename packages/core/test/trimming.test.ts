import { describe, expect, it } from 'vitest'
import { FreeList } from '../src/arena/free-list.js'
import { excessOf } from '../src/watching/trimming.js'

/** A class of which `total` buffers are alive, `inUse` are out, and `peak` were out at once in the last interval. */
function listOf(figures: { total: number; inUse?: number; peak: number; reserve?: number }): FreeList {
  const list = new FreeList(64, figures.reserve ?? 0, 10_000)
  list.total = figures.total
  list.recentPeak = figures.peak
  for (let idle = figures.inUse ?? 0; idle < figures.total; idle++) list.free.push(Buffer.alloc(0))
  return list
}

describe('what an interval shows to be too many', () => {
  it('is nothing while the peak was at or above the threshold', () => {
    expect(excessOf(listOf({ total: 100, peak: 50 }), 0.5, 'idle')).toBe(0)
    expect(excessOf(listOf({ total: 100, peak: 100 }), 0.5, 'idle')).toBe(0)
  })

  it('is all beyond the peak and a quarter more, once the peak was under the threshold', () => {
    expect(excessOf(listOf({ total: 100, peak: 40 }), 0.5, 'idle')).toBe(50)
    expect(excessOf(listOf({ total: 100, peak: 0 }), 0.5, 'idle')).toBe(100)
    expect(excessOf(listOf({ total: 100, peak: 1 }), 0.5, 'idle')).toBe(98)
  })

  it('is never part of the reserve, nor what is out', () => {
    expect(excessOf(listOf({ total: 100, peak: 0, reserve: 20 }), 0.5, 'idle')).toBe(80)
    expect(excessOf(listOf({ total: 20, peak: 0, reserve: 20 }), 0.5, 'idle')).toBe(0)
    expect(excessOf(listOf({ total: 5, peak: 0, reserve: 20 }), 0.5, 'idle')).toBe(0)
    expect(excessOf(listOf({ total: 100, peak: 0, inUse: 95 }), 0.99, 'idle')).toBe(5)
  })

  it('does not swing: what is left after a trim is not trimmed again by the same peak', () => {
    for (let peak = 1; peak < 200; peak++) {
      const before = listOf({ total: 400, peak })
      const left = 400 - excessOf(before, 0.5, 'idle')
      expect(excessOf(listOf({ total: left, peak }), 0.5, 'idle')).toBe(0)
    }
  })

  it('follows the threshold: 0 never trims, 1 always', () => {
    expect(excessOf(listOf({ total: 100, peak: 0 }), 0, 'idle')).toBe(0)
    expect(excessOf(listOf({ total: 100, peak: 79 }), 1, 'idle')).toBe(1)
  })

  it('is more when memory is short: down to the peak, then down to what is out', () => {
    expect(excessOf(listOf({ total: 100, peak: 60, inUse: 10 }), 0.5, 'elevated')).toBe(40)
    expect(excessOf(listOf({ total: 100, peak: 60, inUse: 10 }), 0.5, 'critical')).toBe(90)
    expect(excessOf(listOf({ total: 100, peak: 60, inUse: 10, reserve: 30 }), 0.5, 'critical')).toBe(70)
  })

  it('is nothing where there is nothing', () => {
    for (const cause of ['idle', 'elevated', 'critical'] as const) expect(excessOf(listOf({ total: 0, peak: 0 }), 1, cause)).toBe(0)
  })
})
