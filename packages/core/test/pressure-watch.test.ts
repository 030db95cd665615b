import { describe, expect, it } from 'vitest'
import { PressureWatch } from '../src/watching/pressure-watch.js'

function watchAt(usedBytes: () => number) {
  return new PressureWatch({ elevatedBytes: 800, criticalBytes: 900, limitBytes: 1000, usedBytes })
}

describe('PressureWatch', () => {
  it('rises at each threshold at once, and falls only 5 % below it', () => {
    let used = 0
    const watch = watchAt(() => used)
    const levels = [799, 800, 799, 760, 759, 900, 855, 854, 760, 759, 950, 0].map((bytes) => {
      used = bytes
      return [bytes, watch.look(), watch.level]
    })
    expect(levels).toEqual([
      [799, false, 'normal'],
      [800, true, 'elevated'],
      [799, false, 'elevated'],
      [760, false, 'elevated'],
      [759, true, 'normal'],
      [900, true, 'critical'],
      [855, false, 'critical'],
      [854, true, 'elevated'],
      [760, false, 'elevated'],
      [759, true, 'normal'],
      [950, true, 'critical'],
      [0, true, 'normal']
    ])
  })

  it('does not flicker while use wavers around a threshold', () => {
    let used = 0
    const watch = watchAt(() => used)
    let changes = 0
    for (let turn = 0; turn < 1000; turn++) {
      used = 800 + (turn % 2 === 0 ? 5 : -5)
      if (watch.look()) changes++
    }
    expect(changes).toBe(1)
  })

  it('keeps its level while what it reads is no number', () => {
    let used: unknown = 850
    const watch = watchAt(() => used as number)
    watch.look()
    for (used of [Number.NaN, undefined, -1, 'much', Promise.resolve(0)]) {
      expect([watch.look(), watch.level, watch.usedBytes]).toEqual([false, 'elevated', 850])
    }
  })
})
