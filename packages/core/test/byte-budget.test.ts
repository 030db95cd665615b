import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../src/arena/byte-budget.js'
import { FreeList } from '../src/arena/free-list.js'

const idle = (list: FreeList, count: number) => {
  for (let made = 0; made < count; made++) list.free.push(Buffer.alloc(0))
}

describe('ByteBudget', () => {
  it('tells by how much more bytes would pass the bound', () => {
    const budget = new ByteBudget([], 100, 50)
    budget.liveBytes = 90
    expect([budget.shortfall(10), budget.shortfall(11), budget.shortfall(0)]).toEqual([0, 1, -10])
    expect(new ByteBudget([], Number.POSITIVE_INFINITY, 0).shortfall(2 ** 53)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('grants quotas up to the bound, and not a buffer more', () => {
    const list = new FreeList(10, 0, 1000)
    const budget = new ByteBudget([list], 1000, 105)
    while (budget.raiseQuota(list)) {}
    expect(list.quota).toBe(10)
  })

  it('grants no more than a class can ever hold', () => {
    const list = new FreeList(10, 0, 3)
    const budget = new ByteBudget([list], 1000, Number.POSITIVE_INFINITY)
    expect([budget.raiseQuota(list), budget.raiseQuota(list), list.quota]).toEqual([true, false, 3])
  })

  it('takes back what others do not use, all of it if need be, and never what they hold', () => {
    const small = new FreeList(1, 0, 1000)
    const large = new FreeList(100, 0, 1000)
    const budget = new ByteBudget([small, large], 1000, 200)
    while (budget.raiseQuota(small)) {}
    expect(small.quota).toBe(200)
    idle(small, 99)
    expect(budget.raiseQuota(large)).toBe(true)
    expect(large.quota).toBe(1)
    expect(small.quota).toBeGreaterThanOrEqual(99)
    expect(budget.raiseQuota(large)).toBe(false)
    expect(small.quota).toBeGreaterThanOrEqual(99)
  })

  it('takes nothing back when that would not suffice', () => {
    const small = new FreeList(1, 0, 1000)
    const large = new FreeList(100, 0, 1000)
    const budget = new ByteBudget([small, large], 1000, 150)
    while (budget.raiseQuota(small)) {}
    idle(small, 60)
    expect(budget.raiseQuota(large)).toBe(false)
    expect([small.quota, large.quota]).toEqual([150, 0])
  })

  it('lets releases leave the hot path at the quota, or always while somebody attends to them', () => {
    const list = new FreeList(10, 0, 10)
    const budget = new ByteBudget([list], 1000, 1000)
    list.setAttentive(false)
    expect(list.keep).toBe(0)
    budget.raiseQuota(list)
    expect(list.keep).toBe(list.quota)
    list.setAttentive(true)
    expect(list.keep).toBe(-1)
    budget.raiseQuota(list)
    expect(list.keep).toBe(-1)
    list.setAttentive(false)
    expect(list.keep).toBe(list.quota)
  })

  it('never deals out more than the bound, whatever comes and goes', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.boolean()), { maxLength: 300 })
    fc.assert(
      fc.property(steps, fc.nat({ max: 2000 }), (taken, bound) => {
        const lists = [7, 64, 100, 333, 512].map((size) => new FreeList(size, 0, 20))
        const budget = new ByteBudget(lists, 10_000, bound)
        for (const [index, isRelease] of taken) {
          const list = lists[index] as FreeList
          const room = list.free.length < list.quota || (isRelease && budget.raiseQuota(list))
          if (isRelease && room) idle(list, 1)
          else list.free.pop()
          expect(budget.idleBytes).toBeLessThanOrEqual(bound)
          expect(lists.reduce((sum, { quota, bufferSize }) => sum + quota * bufferSize, 0)).toBeLessThanOrEqual(bound)
          expect(lists.every(({ quota, free }) => quota >= free.length)).toBe(true)
        }
      }),
      { numRuns: 300, seed: 7 }
    )
  })
})
