import { describe, expect, it, vi } from 'vitest'
import { BufferPool, SizeClassPool, UnpooledPool } from '../../src/index.js'
import { arenaOf } from '../../src/pools/pool.js'
import { checkFigures } from '../../src/testing.js'

const exhausted = expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' })

function noting(order: string[], who: string, buffer: Buffer): Buffer {
  order.push(who)
  return buffer
}

describe('the first in line, while it waits for bytes', () => {
  const sizes = [1024, 65_536]
  const bounds = { maxLiveBytes: 65_536 + 1024, maxIdleBytes: 65_536 + 1024 }

  it('gets the bytes of what other classes release, and nobody else gets them meanwhile', async () => {
    const pool = new SizeClassPool({ sizes, ...bounds, clear: 'never' })
    const [a, b, c] = [pool.acquire(1024), pool.acquire(1024), pool.acquire(1024)]
    const order: string[] = []
    const large = pool.acquireAsync(65_536).then((buffer) => noting(order, 'large', buffer))
    const small = pool.acquireAsync(1024).then((buffer) => noting(order, 'small', buffer))
    pool.release(a)
    expect(pool.stats()).toMatchObject({ waiting: 2, available: 0, discards: 1 })
    expect(() => pool.acquire(1024)).toThrow(exhausted)
    expect(pool.warm(1, 1024)).toBe(0)
    pool.release(b)
    expect(pool.stats()).toMatchObject({ waiting: 1, inUse: 2 })
    pool.release(c)
    pool.release(await large)
    pool.release(await small)
    expect(order).toEqual(['large', 'small'])
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('stands in nobody’s way once it was called off', async () => {
    const pool = new SizeClassPool({ sizes, ...bounds, clear: 'never' })
    const held = [pool.acquire(1024), pool.acquire(1024)]
    const controller = new AbortController()
    const large = pool.acquireAsync(65_536, { signal: controller.signal })
    const small = pool.acquireAsync(1024)
    controller.abort(new Error('called off'))
    await expect(large).rejects.toThrow('called off')
    held.push(await small)
    for (const buffer of held) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ waiting: 0, available: 3 })
    pool.destroy()
  })
})

describe('an acquire that waits', () => {
  it('is refused at once when the system itself has no memory, which no release could change', async () => {
    const pool = new UnpooledPool()
    vi.spyOn(Buffer, 'alloc').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed')
    })
    await expect(pool.acquireAsync(65_536)).rejects.toEqual(exhausted)
    expect(() => pool.acquire(65_536)).toThrow(exhausted)
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, liveBytes: 0 })
    pool.destroy()
  })

  it('gets another buffer when the one that came free was written to after its release', async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1, debug: 'poison', bufferSize: 64 })
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const only = pool.acquire()
    const signal = new AbortController().signal
    // The line is served within the release; so only what runs within it can write in time.
    const waiting = pool.acquireAsync({ signal })
    const { stock } = arenaOf(pool)
    const keep = stock.keep.bind(stock)
    vi.spyOn(stock, 'keep').mockImplementation((...parameters) => {
      keep(...parameters)
      only[3] = 1
    })
    pool.release(only)
    const other = await waiting
    expect(other).not.toBe(only)
    expect(emitWarning).toHaveBeenCalledOnce()
    expect(pool.stats()).toMatchObject({ quarantined: 1, inUse: 1, total: 1, waiting: 0, acquisitions: 2, releases: 1 })
    checkFigures(pool.stats())
    pool.release(other)
    pool.destroy()
  })
})
