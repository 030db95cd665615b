import { describe, expect, it } from 'vitest'
import { announcePool, BufferPool, type PoolError, type PoolStats, retirePool, SizeClassPool } from '../../src/index.js'
import { arenaOf } from '../../src/pools/pool.js'
import { expectNoLeaks } from '../../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })
const messageOf = (promise: Promise<unknown>) => promise.then(String, (error: PoolError) => error.message)

describe('expectNoLeaks', () => {
  it('gives what the function returns when all came back', async () => {
    const pool = new BufferPool({ initialSize: 1 })
    const kept = pool.acquire()
    expect(await expectNoLeaks(() => pool.withBufferSync(() => 'done'))).toBe('done')
    expect(await expectNoLeaks(() => pool.withBuffer(async () => 'done'))).toBe('done')
    expect(await expectNoLeaks(() => pool.release(kept))).toBeUndefined()
    pool.destroy()
  })

  it.each(['off', 'count', 'sample', 'all'] as const)(
    'tells what is still out, and where it was taken (leakDetection: %s)',
    async (level) => {
      const pool = new SizeClassPool({ name: 'bodies', leakDetection: level })
      const held: Buffer[] = []
      function takeAndForget() {
        held.push(pool.acquire(100))
      }
      const message = await messageOf(expectNoLeaks(takeAndForget))
      expect(message).toContain("pool 'bodies': 1 more buffers")
      expect(message).toContain('takeAndForget')
      expect(message).toContain('expect-no-leaks.test.ts')
      expect(message).not.toContain('packages/core/src/')
      pool.destroy()
    }
  )

  it('tells where a buffer was taken that was made and used before', async () => {
    const pool = new BufferPool({ initialSize: 1, leakDetection: 'off' })
    pool.release(pool.acquire())
    const held: unknown[] = []
    function leaseAndForget() {
      held.push(pool.lease(10))
    }
    expect(await messageOf(expectNoLeaks(leaseAndForget))).toContain('leaseAndForget')
    pool.destroy()
  })

  it('sees pools that are made meanwhile, pools that are destroyed meanwhile, and pools of other makers', async () => {
    const held: unknown[] = []
    let made: BufferPool | undefined
    const making = () => {
      made = new BufferPool({ name: 'made' })
      held.push(made.acquire())
    }
    expect(await messageOf(expectNoLeaks(making))).toContain("pool 'made'")
    made?.destroy()
    const ending = new BufferPool({ name: 'ending' })
    expect(
      await messageOf(
        expectNoLeaks(() => {
          held.push(ending.acquire())
          ending.destroy()
        })
      )
    ).toContain("pool 'ending'")
    let outstanding = 3
    const stats = () => ({ ...ending.stats(), outstanding }) as PoolStats
    const own = { name: 'own', stats }
    announcePool(own)
    const leaking = () => {
      outstanding = 5
    }
    expect(await messageOf(expectNoLeaks(leaking))).toContain("pool 'own': 2 more")
    retirePool(own)
  })

  it('lets the error of the function pass, whatever leaked', async () => {
    const pool = new BufferPool()
    const failure = new Error('mine')
    const run = expectNoLeaks(() => {
      pool.acquire()
      throw failure
    })
    await expect(run).rejects.toBe(failure)
    pool.destroy()
  })

  it('leaves no tracing behind, also when several run at the same time', async () => {
    const pool = new BufferPool({ initialSize: 1 })
    const [list] = arenaOf(pool).classes
    const before = { armed: list?.armed, tracesAll: arenaOf(pool).leaks.tracesAll }
    const ends: (() => void)[] = []
    const runs = [1, 2].map(() => expectNoLeaks(() => new Promise<void>((resolve) => ends.push(resolve))))
    expect(arenaOf(pool).leaks.tracesAll).toBe(true)
    ends[0]?.()
    await runs[0]
    expect(arenaOf(pool).leaks.tracesAll).toBe(true)
    ends[1]?.()
    await runs[1]
    expect({ armed: list?.armed, tracesAll: arenaOf(pool).leaks.tracesAll }).toEqual(before)
    pool.destroy()
  })

  it('goes on tracing where the pool did so itself', async () => {
    const pool = new BufferPool({ leakDetection: 'all' })
    await expectNoLeaks(() => {})
    expect(arenaOf(pool).leaks.tracesAll).toBe(true)
    pool.destroy()
  })

  it('refuses what is no function', async () => {
    for (const fn of [undefined, null, 5, Promise.resolve()]) {
      await expect(expectNoLeaks(fn as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
    }
  })
})
