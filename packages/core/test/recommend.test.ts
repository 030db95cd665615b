import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool, type SizeClassPoolOptions } from '../src/index.js'
import { recommend } from '../src/recommend.js'

const quiet = { shrinkInterval: 0, leakDetection: 'off' as const, clear: 'never' as const }
const poolOf = (options: SizeClassPoolOptions) => new SizeClassPool({ ...quiet, ...options })
const adviceOf = (pool: SizeClassPool) => recommend(pool.stats(), pool.requestedSizes())
const kindsOf = (pool: SizeClassPool) => adviceOf(pool).map(({ kind }) => kind)

/** So many requests of each size, one after another. */
function load(pool: SizeClassPool, sizes: readonly number[], rounds = 1000): void {
  for (let round = 0; round < rounds; round++) for (const bytes of sizes) pool.release(pool.acquire(bytes))
}

describe('recommend', () => {
  it('says that there is nothing to gain, in words, where that is so', () => {
    using pool = poolOf({ sizes: [4096] })
    load(pool, [4096], 5000)
    const [one, ...others] = adviceOf(pool)
    expect(others).toEqual([])
    expect(one).toMatchObject({ kind: 'nothing', figure: 0.9998, options: {} })
    expect(one?.finding).toBe('100.0 % of 5000 acquires were served by a buffer that was there; none waits, and none was lost.')
    expect(one?.remedy).toMatch(/nothing to gain/)
  })

  it('draws no conclusion from a few acquires', () => {
    using pool = poolOf({ sizes: [4096] })
    load(pool, [1], 10)
    expect(adviceOf(pool)).toMatchObject([{ kind: 'nothing', finding: 'Only 10 acquires so far, and nothing wrong with them.' }])
  })

  it('finds the classes that fit the requests, and by how much; a pool with these gets no such advice', () => {
    using pool = poolOf({ maxClassBytes: 16_384, minClassBytes: 4096 })
    load(pool, [4100, 4400, 8200])
    const [one] = adviceOf(pool)
    expect(one).toMatchObject({ kind: 'classes', options: { sizes: [4100, 4400, 8200] } })
    const handedOut = 8192 + 8192 + 16_384
    assert.ok(Math.abs((one?.figure ?? 0) - (handedOut - 16_700) / handedOut) < 0.01, `${one?.figure}`)
    using better = poolOf({ sizes: one?.options.sizes as number[] })
    load(better, [4100, 4400, 8200])
    expect(kindsOf(better)).toEqual(['nothing'])
  })

  it('keeps the largest class, for requests that have not come yet', () => {
    using pool = poolOf({ sizes: [1024, 2048, 4096, 2 ** 20] })
    load(pool, [1100])
    expect(adviceOf(pool)[0]?.options).toEqual({ sizes: [1100, 2 ** 20] })
  })

  it('says nothing of classes without a histogram', () => {
    using pool = poolOf({ maxClassBytes: 16_384, minClassBytes: 4096 })
    load(pool, [4100])
    expect(recommend(pool.stats())).toMatchObject([{ kind: 'nothing' }])
  })

  it('names the size of what is above the largest class', () => {
    using pool = poolOf({ sizes: [4096] })
    load(pool, [4096], 2000)
    load(pool, [9000, 10_000], 20)
    expect(adviceOf(pool)).toMatchObject([{ kind: 'oversize', figure: 40, options: { maxClassBytes: 10_000 } }])
    expect(recommend(pool.stats())).toMatchObject([{ kind: 'oversize', options: {} }])
  })

  it('finds a reserve that was never out, and what to warm instead', () => {
    using pool = poolOf({ sizes: [4096, 65_536], initialSize: 100 })
    load(pool, [65_536, 4096])
    const [one] = adviceOf(pool)
    expect(one).toMatchObject({ kind: 'reserve', figure: 98 * (4096 + 65_536), options: { initialSize: 0 } })
    expect(one?.remedy).toContain('warm(1, 4096), warm(1, 65536)')
  })

  it('finds the reserve that a pool of one size needs', () => {
    using pool = new BufferPool({ ...quiet, bufferSize: 65_536, initialSize: 200 })
    for (let round = 0; round < 300; round++) {
      const held = Array.from({ length: 4 }, () => pool.acquire())
      for (const buffer of held) pool.release(buffer)
    }
    expect(recommend(pool.stats())).toMatchObject([{ kind: 'reserve', options: { initialSize: 5 } }])
  })

  it('says what to warm where acquires allocated while the pool grew', () => {
    using pool = poolOf({ sizes: [4096] })
    const held = Array.from({ length: 500 }, () => pool.acquire(4096))
    for (const buffer of held) pool.release(buffer)
    load(pool, [4096])
    expect(adviceOf(pool)).toMatchObject([{ kind: 'warm', figure: 500, remedy: 'At the start call warm(500, 4096).' }])
  })

  it('finds room for buffers that are given up, and allocated again', () => {
    using pool = poolOf({ sizes: [4096], maxIdleBytes: 4096 * 4 })
    for (let round = 0; round < 200; round++) {
      const held = Array.from({ length: 10 }, () => pool.acquire(4096))
      for (const buffer of held) pool.release(buffer)
    }
    expect(adviceOf(pool)).toMatchObject([{ kind: 'keep', options: { maxIdleBytes: 40_960 } }])
  })

  it('blames trimming where that gave them up', () => {
    using pool = poolOf({ sizes: [4096] })
    for (let round = 0; round < 200; round++) {
      const held = Array.from({ length: 10 }, () => pool.acquire(4096))
      for (const buffer of held) pool.release(buffer)
      pool.trim()
    }
    const [one] = adviceOf(pool)
    expect(one).toMatchObject({ kind: 'keep', options: {} })
    expect(one?.remedy).toContain('shrinkInterval')
  })

  it('tells the bound of buffers from that of bytes, where acquires were refused', () => {
    using byCount = poolOf({ sizes: [4096], maxSize: 8 })
    using byBytes = poolOf({ sizes: [4096], maxLiveBytes: 4096 * 8 })
    for (const pool of [byCount, byBytes]) {
      const held = Array.from({ length: 8 }, () => pool.acquire(4096))
      assert.throws(() => pool.acquire(4096), { code: 'ERR_POOL_EXHAUSTED' })
      for (const buffer of held) pool.release(buffer)
    }
    expect(adviceOf(byCount)).toMatchObject([{ kind: 'wait', figure: 1, options: { maxSize: 10 } }])
    expect(adviceOf(byBytes)).toMatchObject([{ kind: 'wait', figure: 1, options: { maxLiveBytes: 40_960 } }])
  })

  it('puts leaks before all else', () => {
    using pool = poolOf({ sizes: [4096], initialSize: 1000 })
    load(pool, [4096], 2000)
    const stats = { ...pool.stats(), leaked: 3, leakedBytes: 3 * 4096 }
    expect(recommend(stats, pool.requestedSizes()).map(({ kind }) => kind)).toEqual(['leak', 'reserve'])
  })

  it('refuses what is no snapshot', () => {
    using pool = poolOf({ sizes: [4096] })
    for (const wrong of [undefined, null, 'stats']) assert.throws(() => recommend(wrong as never), { code: 'ERR_POOL_INVALID_OPTION' })
    assert.throws(() => recommend(pool.stats(), null as never), { code: 'ERR_POOL_INVALID_OPTION' })
  })
})
