import { afterEach, describe, expect, it } from 'vitest'
import { createStandardPools, PoolManager, poolManager } from '../src/index.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('createStandardPools', () => {
  const manager = new PoolManager()
  afterEach(() => manager.destroyAll())

  it('makes small, medium and large, filled to their reserve', () => {
    const { small, medium, large } = createStandardPools(manager)
    const figures = [small, medium, large].map((pool) => {
      const { name, bufferSize, available, capacity } = pool.stats()
      return { name, bufferSize, available, capacity }
    })
    expect(figures).toEqual([
      { name: 'small', bufferSize: 1024, available: 200, capacity: 2000 },
      { name: 'medium', bufferSize: 8192, available: 100, capacity: 1000 },
      { name: 'large', bufferSize: 65_536, available: 50, capacity: 500 }
    ])
  })

  it('chooses the smallest pool that serves a size', () => {
    const pools = createStandardPools(manager)
    const names = [1, 1024, 1025, 8192, 8193, 65_536].map((bytes) => pools.poolFor(bytes).name)
    expect(names).toEqual(['small', 'small', 'medium', 'medium', 'large', 'large'])
    expect(() => pools.poolFor(65_537)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53, '1024', null, undefined, 1n, Number.POSITIVE_INFINITY]) {
      expect(() => pools.poolFor(bytes as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
  })

  it('gets the same pools the next time', () => {
    const first = createStandardPools(manager)
    const second = createStandardPools(manager)
    expect([second.small, second.medium, second.large]).toEqual([first.small, first.medium, first.large])
    expect(Object.isFrozen(first)).toBe(true)
  })

  it('makes none of them when one name is taken by another pool', () => {
    const mine = manager.getPool('medium', { bufferSize: 5 })
    expect(() => createStandardPools(manager)).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    expect([...manager.sources()]).toEqual([mine])
  })

  it('keeps those that were there before when one name is taken', () => {
    const { small, large } = createStandardPools(manager)
    manager.getPool('medium').destroy()
    manager.getPool('medium', { bufferSize: 5 })
    expect(() => createStandardPools(manager)).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    expect([small.closed, large.closed]).toEqual([false, false])
  })

  it('refuses what is no manager', () => {
    for (const value of [null, 5, 'manager', {}]) {
      expect(() => createStandardPools(value as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
  })

  it('uses the manager of the process where none is given', () => {
    const { small } = createStandardPools()
    expect(poolManager.getPool('small')).toBe(small)
    poolManager.destroyAll()
    expect(small.closed).toBe(true)
  })
})
