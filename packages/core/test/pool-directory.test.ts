import { describe, expect, it } from 'vitest'
import { announcePool, BufferPool, livePools, retirePool, SizeClassPool, type StatsSource, UnpooledPool } from '../src/index.js'

const coded = (code: string) => expect.objectContaining({ code })
const isLive = (source: StatsSource) => [...livePools.sources()].includes(source)

describe('livePools', () => {
  it('knows every pool from its making to its end, in order', () => {
    const pools = [new BufferPool(), new SizeClassPool(), new UnpooledPool()]
    expect([...livePools.sources()].slice(-3)).toEqual(pools)
    pools[1]?.destroy()
    expect(pools.map(isLive)).toEqual([true, false, true])
    for (const pool of pools) pool.destroy()
    expect(pools.map(isLive)).toEqual([false, false, false])
  })

  it('knows a pool of another kind once, however often it is announced', () => {
    const source = { name: 'own', stats: () => new UnpooledPool().stats() }
    announcePool(source)
    announcePool(source)
    expect([...livePools.sources()].filter((one) => one === source)).toHaveLength(1)
    retirePool(source)
    retirePool(source)
    expect(isLive(source)).toBe(false)
  })

  it('knows no pool whose options were refused', () => {
    const before = [...livePools.sources()].length
    expect(() => new BufferPool({ maxSize: -1 })).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect([...livePools.sources()]).toHaveLength(before)
  })

  it('can be walked while pools come and go', () => {
    const first = new BufferPool()
    const second = new BufferPool()
    const seen: StatsSource[] = []
    for (const source of livePools.sources()) {
      seen.push(source)
      if (source === first) second.destroy()
    }
    expect(seen).toContain(first)
    expect(seen).not.toContain(second)
    first.destroy()
  })
})

describe('announcePool', () => {
  it('refuses what is no pool', () => {
    for (const value of [null, undefined, 5, 'pool', {}, { stats: 5 }]) {
      expect(() => announcePool(value as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
  })
})
