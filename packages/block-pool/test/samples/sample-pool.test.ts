import { describe, expect, it } from 'vitest'
import { SamplePool, Slab } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

const take = (pool: SamplePool, samples: number, count: number) =>
  Array.from({ length: count }, () => pool.acquire(samples) as Float32Array)
const giveBack = (pool: SamplePool, views: readonly Float32Array[]) => {
  for (const view of views) pool.release(view)
}

describe('SamplePool', () => {
  it('serves each request from the smallest bucket that fits', () => {
    const pool = new SamplePool()
    const lengths = [1, 256, 257, 512, 1000, 2048, 4096].map((samples) => pool.acquire(samples)?.length)
    expect(lengths).toEqual([256, 256, 512, 512, 1024, 2048, 4096])
  })

  it('tells the state of each buffer: allocated, in use, recycled', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4 })
    const [a, b] = take(pool, 256, 2) as [Float32Array, Float32Array]
    pool.release(a)
    expect([pool.stateOf(a), pool.stateOf(b)]).toEqual(['recycled', 'in-use'])
    expect(pool.figures().states).toEqual({ allocated: 2, 'in-use': 1, recycled: 1 })
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.stateOf(a.subarray()))
  })

  it('refuses what is released twice, or is not its own', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4 })
    const other = new SamplePool({ buckets: [256], blocks: 4 })
    const view = pool.acquire(256) as Float32Array
    const state = () => pool.figures().states
    pool.release(view)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(view), state)
    for (const foreign of [other.acquire(256), new Float32Array(256), null, {}]) {
      refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.release(foreign as Float32Array), state)
    }
    expect(pool.stats().refusedReleases).toBe(5)
  })

  it('refuses requests and options that make no sense', () => {
    const pool = new SamplePool()
    for (const samples of [0, -1, 1.5, Number.NaN, '256']) refuses('ERR_POOL_INVALID_OPTION', () => pool.acquire(samples as number))
    for (const samples of [4097, 2 ** 40]) refuses('ERR_POOL_TOO_LARGE', () => pool.acquire(samples))
    refuses('ERR_POOL_TOO_LARGE', () => pool.expand(5000))
    const bad: object[] = [
      ...[[], [256, 256], [512, 256], [0], [1.5], 256].map((buckets) => ({ buckets })),
      ...[0, 1.5, 65_537].map((blocks) => ({ blocks })),
      ...[31, 48].map((maxBlocks) => ({ maxBlocks })),
      { strategy: 'best' },
      { backing: 'disk' },
      { name: '' },
      { size: 3 }
    ]
    for (const options of bad) refuses('ERR_POOL_INVALID_OPTION', () => new SamplePool(options))
  })

  it('expands a bucket that has nothing free, up to its bound (exact)', () => {
    const pool = new SamplePool({ buckets: [256, 512], blocks: 4, maxBlocks: 8, strategy: 'exact' })
    const views = take(pool, 256, 8)
    expect(views.every((view) => view.length === 256)).toBe(true)
    expect(pool.acquire(256)).toBeUndefined()
    expect(pool.stats()).toMatchObject({ misses: 1, hits: 7, exhaustions: 1 })
    expect(pool.figures()).toMatchObject({ hitRate: 87.5, boundaryAllocations: 4 })
    giveBack(pool, views)
    expect(take(pool, 256, 8)).toHaveLength(8)
    expect(pool.figures().boundaryAllocations).toBe(4)
  })

  it('takes from a larger bucket before it expands (spill)', () => {
    const pool = new SamplePool({ buckets: [256, 512], blocks: 4, maxBlocks: 8, strategy: 'spill' })
    expect(take(pool, 256, 9).map(({ length }) => length)).toEqual([256, 256, 256, 256, 512, 512, 512, 512, 256])
    expect(pool.stats().sizeClasses.map(({ inUse, misses }) => [inUse, misses])).toEqual([
      [5, 1],
      [4, 0]
    ])
  })

  it('expands ahead of a steady stream, and contracts when it is over (adaptive)', () => {
    const pool = new SamplePool({ buckets: [256, 512], blocks: 8, maxBlocks: 64 })
    const total = () => pool.stats().sizeClasses[0]?.total
    // Seven of eight blocks of 256 are out whenever a period ends: the bucket is about to run out.
    for (let turn = 0; turn < 100; turn++) giveBack(pool, take(pool, 256, 7))
    expect(pool.figures().steadySamples).toBe(256)
    expect(total()).toBe(16)
    expect(pool.figures()).toMatchObject({ hitRate: 100, boundaryAllocations: 0 })
    giveBack(pool, take(pool, 256, 40))
    expect(total()).toBe(40)
    for (let turn = 0; turn < 400; turn++) giveBack(pool, [...take(pool, 256, 1), ...take(pool, 512, 1)])
    expect(pool.figures().steadySamples).toBeUndefined()
    expect(total()).toBe(8)
  })

  it('takes from a larger bucket while sizes vary, and from a new segment while they do not (adaptive)', () => {
    const pool = new SamplePool({ buckets: [256, 512], blocks: 4, maxBlocks: 8 })
    expect(take(pool, 256, 5).at(-1)).toHaveLength(512)
    const steady = new SamplePool({ buckets: [256, 512], blocks: 4, maxBlocks: 8 })
    for (let turn = 0; turn < 256; turn++) giveBack(steady, take(steady, 256, 1))
    const views = take(steady, 256, 9)
    expect(views.map(({ length }) => length)).toEqual([256, 256, 256, 256, 256, 256, 256, 256, 512])
  })

  it('gives up segments that are all free when told to, and keeps the first', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4, maxBlocks: 16, strategy: 'exact' })
    const views = take(pool, 256, 16)
    expect(pool.contract()).toBe(0)
    giveBack(pool, views.slice(0, 4))
    giveBack(pool, views.slice(8, 12))
    expect(pool.contract()).toBe(4 * 1024)
    giveBack(pool, views.slice(4, 8))
    giveBack(pool, views.slice(12))
    expect(pool.contract()).toBe(2 * 4 * 1024)
    expect(pool.stats()).toMatchObject({ total: 4, available: 4, inUse: 0 })
    expect(take(pool, 256, 16)).toHaveLength(16)
    expect(pool.stats().inUse).toBe(16)
  })

  it('prefers early segments, so that late ones run empty', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4, maxBlocks: 8, strategy: 'exact' })
    const views = take(pool, 256, 8)
    pool.release(views[6]!)
    pool.release(views[1]!)
    expect(pool.acquire(256)).toBe(views[1])
    expect(pool.acquire(256)).toBe(views[6])
  })

  it('expands ahead when told to, and tells when it may not', () => {
    const pool = new SamplePool({ buckets: [256], blocks: 4, maxBlocks: 8 })
    expect([pool.expand(200), pool.expand(200)]).toEqual([true, false])
    expect(take(pool, 256, 8)).toHaveLength(8)
    expect(pool.figures()).toMatchObject({ hitRate: 100, boundaryAllocations: 0 })
    const narrow = new SamplePool({ buckets: [256], blocks: 4, maxBlocks: 64, backing: new Slab({ bytes: 4096 }) })
    expect(narrow.expand(256)).toBe(false)
  })

  it('is never fragmented in the order of addresses, and carries little beside the samples', () => {
    const pool = new SamplePool()
    const views = [256, 512, 1024].flatMap((samples) => take(pool, samples, 30))
    giveBack(pool, [...views.filter((_, at) => at % 3 === 0), ...views.filter((_, at) => at % 3 === 1)].reverse())
    expect(pool.getFragmentation()).toBe(0)
    expect(pool.figures().overhead).toBeLessThan(3)
  })

  it('coalesces: from then on the fullest segment serves first, so that the emptier ones run empty and can be given up', () => {
    const pool = new SamplePool({ buckets: [16], blocks: 4, maxBlocks: 12, strategy: 'exact' })
    const views = take(pool, 16, 12)
    // Of the segments 4, 1 and 3 blocks stay out; the second has most room and stands before the third.
    giveBack(pool, [views[4]!, views[5]!, views[6]!, views[11]!])
    expect(pool.coalesce()).toBe(4)
    expect(pool.coalesce()).toBe(0)
    expect(pool.acquire(16)).toBe(views[11])
    expect(pool.acquire(16)).toBe(views[4])
    giveBack(pool, [views[4]!, views[7]!])
    expect(pool.contract()).toBe(4 * 16 * 4)
    expect(pool.stats()).toMatchObject({ total: 8, inUse: 8 })
    giveBack(pool, [...views.slice(0, 4), ...views.slice(8)])
    pool.verify()
  })

  it('hands out the warm buffer first in the order lifo, and coalesces by itself and when asked to', () => {
    const pool = new SamplePool({ buckets: [16], blocks: 16, maxBlocks: 16, order: 'lifo', coalesceAbove: 100 })
    const views = take(pool, 16, 16)
    giveBack(pool, views)
    expect(pool.acquire(16)).toBe(views[15])
    pool.release(views[15]!)
    expect(pool.getFragmentation()).toBe((100 * 15) / 16)
    expect(pool.healthCheck().warnings).toEqual([])
    expect(pool.coalesce()).toBe(15)
    expect([pool.getFragmentation(), pool.getEfficiency()]).toEqual([0, 100])
    const automatic = new SamplePool({ buckets: [16], blocks: 16, maxBlocks: 16, order: 'lifo' })
    for (const view of take(automatic, 16, 16)) {
      automatic.release(view)
      expect(automatic.getFragmentation()).toBeLessThanOrEqual(5)
    }
  })

  it('warms a bucket until so many buffers lie free, or it may not grow', () => {
    const pool = new SamplePool({ buckets: [256, 512], blocks: 4, maxBlocks: 12 })
    expect([pool.warm(200, 0), pool.warm(200, 4), pool.warm(200, 5), pool.warm(200, 12)]).toEqual([4, 4, 8, 12])
    take(pool, 256, 5)
    expect(pool.warm(256, 10)).toBe(7)
    expect(pool.figures()).toMatchObject({ hitRate: 100, boundaryAllocations: 0 })
    for (const count of [-1, 13, 1.5, Number.NaN, '4']) refuses('ERR_POOL_INVALID_OPTION', () => pool.warm(256, count as number))
    refuses('ERR_POOL_TOO_LARGE', () => pool.warm(513, 1))
    pool.destroy()
    refuses('ERR_POOL_CLOSED', () => pool.warm(256, 1))
  })

  it('counts what its segments refuse', () => {
    const pool = new SamplePool({ buckets: [16], blocks: 4 })
    const view = pool.acquire(16)!
    pool.release(view)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(view))
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.release(new Float32Array(16)))
    expect(pool.stats().refusedReleases).toBe(2)
  })

  it('hands out nothing once destroyed, and takes back what is out', () => {
    const slab = new Slab({ bytes: 8192 })
    const pool = new SamplePool({ buckets: [256], blocks: 4, backing: slab })
    const view = pool.acquire(100) as Float32Array
    pool.destroy()
    pool.destroy()
    refuses('ERR_POOL_CLOSED', () => pool.acquire(100))
    refuses('ERR_POOL_CLOSED', () => pool.expand(100))
    pool.release(view)
    expect(slab.freeBytes).toBe(8192)
    expect(pool.stats()).toMatchObject({ closed: true, kind: 'sample', total: 0, liveBytes: 0 })
  })
})
