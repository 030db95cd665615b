import { describe, expect, it } from 'vitest'
import { BufferPool, type NonSharedBuffer, SizeClassPool, UnpooledPool } from '../src/index.js'

const coded = (code: string) => expect.objectContaining({ code })

const pools = {
  BufferPool: () => {
    const pool = new BufferPool({ bufferSize: 64, maxSize: 2 })
    return {
      pool,
      withBuffer: <T>(fn: (buffer: Buffer) => T | PromiseLike<T>) => pool.withBuffer(fn),
      withBufferSync: <T>(fn: (buffer: Buffer) => T) => pool.withBufferSync(fn)
    }
  },
  SizeClassPool: () => {
    const pool = new SizeClassPool({ sizes: [64], maxSize: 2 })
    return {
      pool,
      withBuffer: <T>(fn: (buffer: Buffer) => T | PromiseLike<T>) => pool.withBuffer(64, fn),
      withBufferSync: <T>(fn: (buffer: Buffer) => T) => pool.withBufferSync(64, fn)
    }
  },
  UnpooledPool: () => {
    const pool = new UnpooledPool({ maxSize: 2 })
    return {
      pool,
      withBuffer: <T>(fn: (buffer: Buffer) => T | PromiseLike<T>) => pool.withBuffer(64, fn),
      withBufferSync: <T>(fn: (buffer: Buffer) => T) => pool.withBufferSync(64, fn)
    }
  }
}

describe.each(Object.entries(pools))('%s', (_, make) => {
  it('lends a buffer to a function, and gives back what that returns', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    const inUse = (buffer: Buffer) => [buffer.length, pool.stats().inUse]
    expect(withBufferSync(inUse)).toEqual([64, 1])
    expect(await withBuffer(inUse)).toEqual([64, 1])
    expect(
      await withBuffer(async (buffer) => {
        await new Promise((resolve) => setImmediate(resolve))
        return inUse(buffer)
      })
    ).toEqual([64, 1])
    expect(pool.stats()).toMatchObject({ inUse: 0, acquisitions: 3, releases: 3 })
    pool.destroy()
  })

  it('takes the buffer back when the function throws, and lets the error pass', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    const failure = new Error('mine')
    const throwing = () => {
      throw failure
    }
    expect(() => withBufferSync(throwing)).toThrow(failure)
    await expect(withBuffer(throwing)).rejects.toBe(failure)
    await expect(withBuffer(() => Promise.reject(failure))).rejects.toBe(failure)
    expect(pool.stats()).toMatchObject({ inUse: 0, releases: 3 })
    pool.destroy()
  })

  it('never hides the error of the function behind one of the release', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    const failure = new Error('mine')
    const releasing = (buffer: Buffer) => {
      pool.release(buffer)
      throw failure
    }
    expect(() => withBufferSync(releasing)).toThrow(failure)
    await expect(withBuffer(releasing)).rejects.toBe(failure)
    await expect(withBuffer(async (buffer) => releasing(buffer))).rejects.toBe(failure)
    pool.destroy()
  })

  it('tells when the function released the buffer itself', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    expect(() => withBufferSync((buffer) => pool.release(buffer))).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    await expect(withBuffer((buffer) => pool.release(buffer))).rejects.toEqual(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.stats()).toMatchObject({ inUse: 0, refusedReleases: 2 })
    pool.destroy()
  })

  it('refuses a promise from the synchronous form, and keeps the buffer out until it settles', async () => {
    const { pool, withBufferSync } = make()
    let settle: (value?: unknown) => void = () => {}
    expect(() => withBufferSync(() => new Promise((resolve) => (settle = resolve)))).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect(() => withBufferSync(() => Promise.reject(new Error('lost')))).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect(pool.stats().inUse).toBe(2)
    settle()
    await new Promise((resolve) => setImmediate(resolve))
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })

  it('takes the buffer back when even looking at the result throws', () => {
    const { pool, withBufferSync } = make()
    const hostile = {
      // biome-ignore lint/suspicious/noThenProperty: a getter that throws is what is tested
      get then() {
        throw new Error('hostile')
      }
    }
    expect(() => withBufferSync(() => hostile)).toThrow('hostile')
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })

  it('refuses what is no function, and takes nothing', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    for (const fn of [undefined, null, 5, 'fn', {}]) {
      expect(() => withBufferSync(fn as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      await expect(withBuffer(fn as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
    }
    expect(pool.stats().acquisitions).toBe(0)
    pool.destroy()
  })

  it('rejects, or throws, when nothing is free, and does not run the function', async () => {
    const { pool, withBuffer, withBufferSync } = make()
    const held = [pool.acquire(64), pool.acquire(64)]
    let ran = false
    const run = () => {
      ran = true
    }
    expect(() => withBufferSync(run)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    await expect(withBuffer(run)).rejects.toEqual(coded('ERR_POOL_EXHAUSTED'))
    expect(ran).toBe(false)
    for (const buffer of held) pool.release(buffer)
    pool.destroy()
  })

  it('takes the buffer back although the pool was destroyed meanwhile', async () => {
    const { pool, withBuffer } = make()
    expect(
      await withBuffer(() => {
        pool.destroy()
        return 'done'
      })
    ).toBe('done')
    expect(pool.stats()).toMatchObject({ inUse: 0, liveBytes: 0 })
  })
})

describe('a subclass', () => {
  it('has its own acquire and release called', async () => {
    const calls: string[] = []
    class Tracked extends BufferPool {
      override acquire(minBytes?: number): NonSharedBuffer {
        calls.push('acquire')
        return super.acquire(minBytes)
      }
      override release(buffer: Buffer): void {
        calls.push('release')
        super.release(buffer)
      }
    }
    const pool = new Tracked({ initialSize: 1 })
    await pool.withBuffer(() => {})
    pool.withBufferSync(() => {})
    expect(calls).toEqual(['acquire', 'release', 'acquire', 'release'])
    pool.destroy()
  })
})
