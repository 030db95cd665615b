import { beforeEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, livePools, type PoolEvents, SizeClassPool, UnpooledPool } from '../../src/index.js'
import { checkFigures } from '../../src/testing.js'
import { collect, collectUntil } from './forced-collection.js'

const kibibyte = 1024
/** What would be printed to the console. */
const warnings: { message: string; type?: string; code?: string; detail?: string }[] = []
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push({ message: String(message), ...(options as object) })
  })
})

/** Takes and forgets. A function of its own, so that no stack frame holds what it took. */
function lose(pool: { acquire(bytes: number): Buffer }, count: number, bytes: number): void {
  for (let turn = 0; turn < count; turn++) pool.acquire(bytes).fill(turn)
}

describe('buffers that nobody releases', { timeout: 60_000 }, () => {
  it.each(['count', 'sample', 'all'] as const)(
    'are every one counted, and their budget is credited (leakDetection: %s)',
    async (leakDetection) => {
      const pool = new BufferPool({ bufferSize: 64 * kibibyte, maxSize: 200, leakDetection })
      lose(pool, 200, 64 * kibibyte)
      expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
      await collectUntil(() => pool.stats().leaked === 200)
      expect(pool.stats()).toMatchObject({
        leaked: 200,
        leakedBytes: 200 * 64 * kibibyte,
        inUse: 0,
        total: 0,
        liveBytes: 0,
        outstanding: 200
      })
      checkFigures(pool.stats())
      expect(pool.healthCheck().warnings).toEqual(expect.arrayContaining([expect.stringContaining('200 buffers')]))
      const again = Array.from({ length: 200 }, () => pool.acquire())
      for (const buffer of again) pool.release(buffer)
      await collect()
      expect(pool.stats()).toMatchObject({ leaked: 200, inUse: 0, available: 200 })
      pool.destroy()
    }
  )

  it('give their memory back', async () => {
    const pool = new BufferPool({ bufferSize: 1024 * kibibyte, initialSize: 0, maxLiveBytes: Number.POSITIVE_INFINITY })
    await collect()
    const before = process.memoryUsage().arrayBuffers
    lose(pool, 50, 1024 * kibibyte)
    // What V8 has collected of it by now, and of the tests before, is its own affair.
    expect(pool.stats().bytesAllocated).toBe(50 * 1024 * kibibyte)
    const held = () => process.memoryUsage().arrayBuffers - before
    // V8 frees the memory on a thread of its own, some time after it told of the buffers.
    await collectUntil(() => pool.stats().leaked === 50 && held() < 5 * 1024 * kibibyte)
    expect(pool.stats().leaked).toBe(50)
    expect(held()).toBeLessThan(5 * 1024 * kibibyte)
    pool.destroy()
  })

  it('are counted in every class, oversize and unpooled ones too', async () => {
    const pool = new SizeClassPool({ sizes: [kibibyte, 4 * kibibyte] })
    const unpooled = new UnpooledPool({ leakDetection: 'count' })
    lose(pool, 10, 500)
    lose(pool, 20, 4000)
    lose(pool, 30, 10_000)
    lose(unpooled, 40, 10_000)
    await collectUntil(() => pool.stats().leaked === 60 && unpooled.stats().leaked === 40)
    expect(pool.stats().sizeClasses.map(({ leaked, inUse }) => [leaked, inUse])).toEqual([
      [10, 0],
      [20, 0]
    ])
    expect(pool.stats()).toMatchObject({ leaked: 60, leakedBytes: 10 * 1024 + 20 * 4096 + 30 * 10_000, liveBytes: 0 })
    expect(unpooled.stats()).toMatchObject({ leaked: 40, leakedBytes: 400_000, liveBytes: 0, inUse: 0 })
    pool.destroy()
    unpooled.destroy()
  })

  it('are told with the place that took them, where that was noted, and warned of once for each place', async () => {
    warnings.length = 0
    const pool = new BufferPool({ name: 'placed', bufferSize: kibibyte, initialSize: 0, leakDetection: 'all' })
    const told: PoolEvents['leak'][] = []
    pool.on('leak', (event) => told.push(event))
    const forgetHere = () => lose(pool, 5, kibibyte)
    const forgetThere = () => lose(pool, 5, kibibyte)
    forgetHere()
    forgetThere()
    await collectUntil(() => told.length === 10)
    const places = told.map(({ acquiredAt }) =>
      acquiredAt?.includes('forgetHere') ? 'here' : acquiredAt?.includes('forgetThere') ? 'there' : '?'
    )
    expect(places.sort()).toEqual([...Array(5).fill('here'), ...Array(5).fill('there')])
    expect(told[0]).toMatchObject({ pool: 'placed', bufferSize: kibibyte })
    await collect()
    const ours = warnings.filter(({ message }) => message.includes("'placed'"))
    expect(ours.map(({ type, code }) => [type, code])).toEqual(Array(2).fill(['PoolLeakWarning', 'ERR_POOL_LEAK']))
    expect(ours.map(({ detail }) => detail).join()).toMatch(/forgetHere|forgetThere/)
    pool.destroy()
  })

  it('are leases as well: whole, in part, shared, and held for a promise that is lost itself', async () => {
    const pool = new SizeClassPool({ sizes: [kibibyte], leakDetection: 'count' })
    const loseLeases = () => {
      pool.lease(kibibyte)
      pool.lease(10).buffer.fill(1)
      pool.lease(10).retain()
      const half = pool.lease(10)
      half.retain()
      half.release()
      void pool.lease(10).hold(new Promise(() => {}))
    }
    loseLeases()
    await collectUntil(() => pool.stats().leaked === 5)
    expect(pool.stats()).toMatchObject({ leaked: 5, inUse: 0, liveBytes: 0 })
    pool.destroy()
  })

  it('let those who wait have their place', async () => {
    const pool = new BufferPool({ bufferSize: kibibyte, initialSize: 0, maxSize: 2 })
    lose(pool, 2, kibibyte)
    const waits = [pool.acquireAsync(), pool.acquireAsync()]
    await collectUntil(() => pool.stats().waiting === 0)
    for (const buffer of await Promise.all(waits)) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ leaked: 2, inUse: 0, waiting: 0, available: 2 })
    pool.destroy()
  })

  it('are no longer held too long', async () => {
    const pool = new BufferPool({ bufferSize: kibibyte, initialSize: 0, heldTooLongMs: 2, shrinkInterval: 0 })
    let reports = 0
    pool.on('heldTooLong', () => {
      reports++
    })
    let held: Buffer[] | undefined = [pool.acquire(), pool.acquire()]
    for (let turn = 0; turn < 1000 && reports < 2; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect([reports, pool.stats().heldTooLong, held.length]).toEqual([2, 2, 2])
    held = undefined
    await collectUntil(() => pool.stats().leaked === 2)
    expect(pool.stats()).toMatchObject({ leaked: 2, heldTooLong: 0 })
    pool.destroy()
  })

  it('are not looked for at level off, nor is their budget credited', async () => {
    const pool = new BufferPool({ bufferSize: kibibyte, initialSize: 0, leakDetection: 'off' })
    lose(pool, 10, kibibyte)
    for (let turn = 0; turn < 3; turn++) await collect()
    expect(pool.stats()).toMatchObject({ leaked: 0, inUse: 10 })
    pool.destroy()
  })
})

describe('no leak is reported', { timeout: 60_000 }, () => {
  it('while a subarray lives, and it is once that is gone, too', async () => {
    const pool = new BufferPool({ bufferSize: kibibyte, initialSize: 0, leakDetection: 'count' })
    let parts: unknown[] = []
    const keepParts = () => {
      for (let turn = 0; turn < 20; turn++) {
        const buffer = pool.acquire()
        parts.push(turn % 2 === 0 ? buffer.subarray(turn, turn + 1) : new Uint32Array(buffer.buffer, 0, 1))
      }
    }
    keepParts()
    for (let turn = 0; turn < 5; turn++) await collect()
    expect(pool.stats()).toMatchObject({ leaked: 0, inUse: 20 })
    parts = parts.slice(0, 1)
    await collectUntil(() => pool.stats().leaked === 19)
    expect(pool.stats()).toMatchObject({ leaked: 19, inUse: 1 })
    expect(parts).toHaveLength(1)
    pool.destroy()
  })

  it('of memory that left the pool in order', async () => {
    const pool = new SizeClassPool({ sizes: [kibibyte, 2 * kibibyte], maxIdleBytes: 8 * kibibyte, leakDetection: 'all' })
    const useRightly = () => {
      const buffers = Array.from({ length: 30 }, (_, turn) => pool.acquire((turn + 1) * 100))
      const lease = pool.lease(100)
      for (const buffer of buffers) pool.release(buffer)
      lease.discard()
      pool.trim()
      pool.release(pool.acquire(50))
    }
    useRightly()
    for (let turn = 0; turn < 5; turn++) await collect()
    expect(pool.stats()).toMatchObject({ leaked: 0, inUse: 0, outstanding: 0 })
    pool.destroy()
    for (let turn = 0; turn < 3; turn++) await collect()
    expect(pool.stats().leaked).toBe(0)
  })

  it('of memory that is held for something pending', async () => {
    const pool = new BufferPool({ bufferSize: kibibyte, leakDetection: 'count' })
    let finish: () => void = () => {}
    const pending = new Promise<void>((resolve) => {
      finish = resolve
    })
    const hold = () => {
      const lease = pool.lease()
      void lease.hold(pending)
      lease.release()
    }
    hold()
    for (let turn = 0; turn < 5; turn++) await collect()
    expect(pool.stats()).toMatchObject({ leaked: 0, inUse: 1 })
    finish()
    await collect()
    expect(pool.stats()).toMatchObject({ leaked: 0, inUse: 0 })
    pool.destroy()
  })
})

describe('a pool that nobody holds any more', { timeout: 60_000 }, () => {
  const makers = {
    'with idle buffers and the heartbeat': () => new BufferPool({ name: 'dropped' }),
    'with listeners': () => new BufferPool({ name: 'dropped' }).on('acquire', () => {}).on('leak', () => {}),
    'with buffers lost before it': () => {
      const pool = new SizeClassPool({ name: 'dropped', heldTooLongMs: 1000 })
      lose(pool, 10, kibibyte)
      return pool
    },
    'that was destroyed': () => {
      const pool = new BufferPool({ name: 'dropped' })
      pool.destroy()
      return pool
    },
    'after waits that ended': () => {
      const pool = new BufferPool({ name: 'dropped', maxSize: 1 })
      const { signal } = new AbortController()
      const only = pool.acquire()
      void pool.acquireAsync({ signal, timeoutMs: 100_000 }).then((buffer) => pool.release(buffer))
      pool.release(only)
      return pool
    }
  }

  it.each(Object.entries(makers))('is collected, %s', async (_, make) => {
    const references: WeakRef<object>[] = []
    const fill = () => {
      for (let turn = 0; turn < 10; turn++) references.push(new WeakRef(make()))
    }
    fill()
    const alive = () => references.filter((reference) => reference.deref() !== undefined).length
    await collectUntil(() => alive() === 0)
    expect(alive()).toBe(0)
    expect([...livePools.sources()].filter(({ name }) => name === 'dropped')).toEqual([])
  })

  it('lives as long as one of its buffers is out, so that its release finds it', async () => {
    const takeOne = () => {
      const pool = new BufferPool({ name: 'outlived', bufferSize: kibibyte })
      const lease = pool.lease()
      return { lease, reference: new WeakRef(pool) }
    }
    const { lease } = takeOne()
    for (let turn = 0; turn < 3; turn++) await collect()
    lease.release()
    expect(lease.released).toBe(true)
  })
})
