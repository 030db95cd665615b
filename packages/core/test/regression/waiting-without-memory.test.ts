import { afterEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, isPoolError, SizeClassPool } from '../../src/index.js'

afterEach(() => vi.restoreAllMocks())

const withoutMemory = () =>
  vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
    throw new RangeError('Array buffer allocation failed')
  })

/** Resolves to the code of a rejection. */
const codeOf = (wait: Promise<unknown>) =>
  wait.then(
    () => 'served',
    (error) => (isPoolError(error) ? error.code : error)
  )

describe('a pool whose system has no memory left', () => {
  it('ends every wait as its last buffer comes back and is not kept', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2, maxIdleBytes: 0, clear: 'never' })
    const [first, second] = [pool.acquire(64), pool.acquire(64)]
    const waits = [pool.acquireAsync(64), pool.acquireAsync(64), pool.acquireAsync(64)]
    withoutMemory()
    pool.release(first)
    expect(pool.stats().waiting).toBe(3)
    pool.release(second)
    expect(await Promise.all(waits.map(codeOf))).toEqual(Array.from({ length: 3 }, () => 'ERR_POOL_EXHAUSTED'))
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, total: 0 })
    pool.destroy()
  })

  it('still serves a wait out of a buffer that it keeps', async () => {
    const pool = new SizeClassPool({ sizes: [64, 256], initialSize: 0, maxLiveBytes: 320, clear: 'never' })
    const [small, large] = [pool.acquire(64), pool.acquire(256)]
    const wait = pool.acquireAsync(200)
    withoutMemory()
    pool.release(small)
    pool.release(large)
    pool.release(await wait)
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0 })
    pool.destroy()
  })
})
