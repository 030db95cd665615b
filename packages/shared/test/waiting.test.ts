import { describe, expect, it } from 'vitest'
import { SharedPool } from '../src/index.js'

const make = () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 2 })
  return { pool, held: [pool.acquire(), pool.acquire()] as const }
}
const code = (code: string) => expect.objectContaining({ code })

describe('acquireAsync', () => {
  it('waits until a block is released', async () => {
    const { pool, held } = make()
    const other = SharedPool.attach(pool.token())
    const waiting = other.acquireAsync()
    setTimeout(() => pool.release(held[1]), 5)
    const handle = await waiting
    other.release(handle)
    expect(pool.stats().inUse).toBe(1)
  })

  it('rejects when its time is over, or its signal aborts, before or later', async () => {
    const { pool } = make()
    await expect(pool.acquireAsync({ timeoutMs: 10 })).rejects.toEqual(code('ERR_POOL_ACQUIRE_TIMEOUT'))
    await expect(pool.acquireAsync({ signal: AbortSignal.abort('now') })).rejects.toBe('now')
    const controller = new AbortController()
    setTimeout(() => controller.abort('later'), 5)
    await expect(pool.acquireAsync({ signal: controller.signal })).rejects.toBe('later')
    await expect(pool.acquireAsync({ timeoutMs: -1 })).rejects.toEqual(code('ERR_POOL_INVALID_OPTION'))
    expect(pool.stats().inUse).toBe(2)
  })

  it('rejects when the thread detaches meanwhile', async () => {
    const { pool } = make()
    const other = SharedPool.attach(pool.token())
    const waiting = other.acquireAsync()
    other.detach()
    await expect(waiting).rejects.toEqual(code('ERR_POOL_CLOSED'))
  })
})

it('an idle thread gives up the blocks in its rows by itself, unless it reserved them', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 256 })
  const other = SharedPool.attach(pool.token())
  pool.release(pool.acquire())
  other.reserve(4)
  expect(pool.stats().stranded).toBeGreaterThan(4)
  while (pool.stats().threads[0]?.stranded !== 0) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(pool.stats().threads[1]?.stranded).toBeGreaterThanOrEqual(4)
  other.flush()
  expect(pool.stats().stranded).toBe(0)
})

describe.runIf(typeof process === 'object')('acquireSync', () => {
  it('takes a block that is free, and throws when none becomes free in time', () => {
    const { pool, held } = make()
    expect(() => pool.acquireSync(20)).toThrow(code('ERR_POOL_ACQUIRE_TIMEOUT'))
    pool.release(held[0])
    pool.release(pool.acquireSync(20))
    expect(() => pool.acquireSync(0)).toThrow(code('ERR_POOL_INVALID_OPTION'))
  })
})
