import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { SecureBufferPool } from '../../src/index.js'

const make = (options: object) => new SecureBufferPool({ backing: 'heap', ...options })

describe('a wait for a secret', () => {
  it('ends with ERR_POOL_CLOSED when a listener of its own exhaustion destroys the pool', async () => {
    const pool = make({ maxSecrets: 1 })
    const only = pool.acquire(32)
    pool.on('exhausted', () => pool.destroy())
    await expect(pool.acquireAsync(32)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
    pool.release(only)
  })

  it('gets nothing, and counts once, when a listener calls it off while it is served; the next is served', async () => {
    const pool = make({ maxSecrets: 2 })
    const [first, second] = [pool.acquire(32), pool.acquire(32)]
    const control = new AbortController()
    const abort = () => control.abort()
    pool.on('acquire', abort)
    const wait = pool.acquireAsync(32, { signal: control.signal })
    pool.release(first)
    await expect(wait).rejects.toBe(control.signal.reason)
    pool.off('acquire', abort)
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 1 })
    const third = pool.acquire(32)
    const next = pool.acquireAsync(32)
    pool.release(second)
    const served = await next
    expect(served.length).toBe(32)
    for (const secret of [third, served]) pool.release(secret)
    pool.destroy()
  })

  it('for a long secret is served in its turn beside many short ones', async () => {
    const pool = make({ maxLiveBytes: 8192 })
    let over = false
    const loops = Array.from({ length: 12 }, async (_, index) => {
      await sleep(index)
      while (!over) {
        const secret = await pool.acquireAsync(1024)
        await sleep(1)
        pool.release(secret)
      }
    })
    await sleep(30)
    pool.release(await pool.acquireAsync(4096, { timeoutMs: 20_000 }))
    over = true
    await Promise.all(loops)
    pool.destroy()
  })

  it('is not overtaken by an acquire that a listener of the release makes', async () => {
    const pool = make({ maxSecrets: 1 })
    const only = pool.acquire(32)
    const outcomes: string[] = []
    pool.once('release', () => {
      try {
        pool.release(pool.acquire(32))
        outcomes.push('overtaken')
      } catch {
        outcomes.push('refused')
      }
    })
    const wait = pool.acquireAsync(32)
    pool.release(only)
    pool.release(await wait)
    expect(outcomes).toEqual(['refused'])
    pool.destroy()
  })

  it('is served once when a listener of the growth releases meanwhile', async () => {
    const pool = make({ maxSecrets: 2, maxIdleBytes: 0 })
    const [first, second] = [pool.acquire(32), pool.acquire(32)]
    const waits = [pool.acquireAsync(32), pool.acquireAsync(32)]
    pool.once('grow', () => pool.release(second))
    pool.release(first)
    const served = await Promise.all(waits)
    expect(new Set(served).size).toBe(2)
    expect(pool.stats()).toMatchObject({ inUse: 2, waiting: 0, acquisitions: 4, releases: 2 })
    for (const secret of served) pool.release(secret)
    pool.destroy()
  })

  it('tells what made room for it by a shrink event, once the figures agree', async () => {
    const pool = make({ maxSecrets: 1 })
    const shrinks: unknown[] = []
    pool.on('shrink', (event) => shrinks.push({ ...event, inUse: pool.stats().inUse }))
    pool.release(pool.acquire(32))
    pool.release(pool.acquire(64))
    expect(shrinks).toEqual([{ pool: pool.name, bufferSize: 32, count: 1, total: 0, inUse: 1 }])
    expect(pool.stats().trimmed).toBe(1)
    pool.destroy()
  })
})
