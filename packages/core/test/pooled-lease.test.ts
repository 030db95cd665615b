import { describe, expect, it } from 'vitest'
import { canRevoke } from '../src/arena/wiping.js'
import { BufferPool, PooledLease, SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })
const deferred = <T>() => {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

describe('a lease', () => {
  it('has exactly the bytes asked for, at the start of the memory', () => {
    const pool = new SizeClassPool()
    for (const bytes of [1, 255, 256, 257, 5000, 1_048_576]) {
      const lease = pool.lease(bytes)
      expect(lease).toBeInstanceOf(PooledLease)
      expect(lease.buffer).toBeInstanceOf(Buffer)
      expect([lease.buffer.length, lease.buffer.byteOffset]).toEqual([bytes, 0])
      lease.release()
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, acquisitions: 6, releases: 6 })
    pool.destroy()
  })

  it('repeats its view while the size repeats, and makes another when it changes', () => {
    const pool = new BufferPool({ bufferSize: 1024, initialSize: 1, maxSize: 1, clear: 'never' })
    const viewOf = (bytes: number) => {
      const lease = pool.lease(bytes)
      const { buffer } = lease
      lease.release()
      return buffer
    }
    const first = viewOf(100)
    expect(viewOf(100)).toBe(first)
    expect(viewOf(101)).toHaveLength(101)
    const again = viewOf(100)
    expect(again).toHaveLength(100)
    expect(again.buffer).toBe(first.buffer)
    pool.destroy()
  })

  it('shows nobody the bytes of the lease before', () => {
    for (const clear of ['release', 'acquire'] as const) {
      const pool = new BufferPool({ bufferSize: 1024, initialSize: 1, maxSize: 1, clear })
      const lease = pool.lease(512)
      lease.buffer.fill(7)
      // The leaseholder can reach all of the memory, so all of it is cleared.
      Buffer.from(lease.buffer.buffer).fill(7)
      lease.release()
      const next = pool.lease(1024)
      expect(next.buffer.every((byte) => byte === 0)).toBe(true)
      next.release()
      pool.destroy()
    }
  })

  it('is released by itself alone: its buffer is refused by release()', () => {
    const pool = new BufferPool({ bufferSize: 1024, initialSize: 1 })
    const whole = pool.lease()
    const part = pool.lease(10)
    expect(() => pool.release(whole.buffer)).toThrow(coded('ERR_POOL_LEASED_BUFFER'))
    expect(() => pool.release(part.buffer)).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
    expect(pool.stats()).toMatchObject({ inUse: 2, refusedReleases: 2 })
    whole.release()
    part.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, refusedReleases: 2 })
    pool.destroy()
  })

  it('withdraws memory that is discarded, also when others still hold it', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const first = pool.lease()
    const { buffer } = first
    const second = first.retain()
    first.discard()
    expect(pool.stats()).toMatchObject({ inUse: 1, quarantined: 0 })
    second.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, available: 0, total: 0, quarantined: 1, liveBytes: 0 })
    const next = pool.acquire()
    expect(next.buffer).not.toBe(buffer.buffer)
    pool.release(next)
    pool.destroy()
  })

  it('is dead after discard()', () => {
    const pool = new BufferPool({ bufferSize: 64 })
    const lease = pool.lease()
    lease.discard()
    expect(lease.released).toBe(true)
    expect(() => lease.buffer).toThrow(coded('ERR_POOL_LEASE_RELEASED'))
    expect(() => lease.release()).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    lease[Symbol.dispose]()
    expect(pool.stats()).toMatchObject({ refusedReleases: 1, quarantined: 1, releases: 1 })
    pool.destroy()
  })

  it('gives memory back with the last of many, in whatever order they go', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, clear: 'never' })
    const chain = [pool.lease()]
    for (let depth = 0; depth < 100; depth++) chain.push((chain[depth] as PooledLease).retain())
    const order = chain.map((lease, index) => ({ lease, key: (index * 37) % 101 })).sort((a, b) => a.key - b.key)
    for (const { lease } of order) {
      expect(pool.stats().inUse).toBe(1)
      expect(lease.buffer).toHaveLength(64)
      lease.release()
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, available: 16 - 15, releases: 1 })
    // The count is back where it began: the next lease goes alone.
    const next = pool.lease()
    next.release()
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })
})

describe('a lease that is held for a promise', () => {
  it('keeps its memory out after its release, until the promise has settled', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const lease = pool.lease()
    const { promise, resolve } = deferred<number>()
    const held = lease.hold(promise)
    lease.release()
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    resolve(42)
    expect(await held).toBe(42)
    pool.release(pool.acquire())
    pool.destroy()
  })

  it('waits for all that it is held for, in any order', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const lease = pool.lease()
    const [a, b] = [deferred<void>(), deferred<void>()]
    const held = [lease.hold(a.promise), lease.hold(b.promise)]
    const disposed = lease[Symbol.asyncDispose]()
    b.resolve()
    await held[1]
    expect(lease.released).toBe(false)
    a.resolve()
    await disposed
    expect([lease.released, pool.stats().inUse]).toEqual([true, 0])
    pool.destroy()
  })

  it('waits at the end of its scope for what it came to be held for while it waited', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const lease = pool.lease()
    const [first, second] = [deferred<void>(), deferred<void>()]
    void lease.hold(first.promise)
    let isDisposed = false
    const disposed = lease[Symbol.asyncDispose]().then(() => {
      isDisposed = true
    })
    void lease.hold(second.promise)
    first.resolve()
    for (let tick = 0; tick < 20; tick++) await undefined
    expect([isDisposed, lease.released]).toEqual([false, false])
    second.resolve()
    await disposed
    expect([lease.released, pool.stats().inUse]).toEqual([true, 0])
    pool.destroy()
  })

  it('withdraws the memory when the promise rejects, and passes the error on', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const lease = pool.lease()
    const failure = new Error('read failed')
    await expect(lease.hold(Promise.reject(failure))).rejects.toBe(failure)
    expect(pool.stats().inUse).toBe(1)
    await lease[Symbol.asyncDispose]()
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, quarantined: 1 })
    pool.destroy()
  })

  it('never comes back while the promise never settles, and destroy() does not touch it', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, leakDetection: 'off' })
    const lease = pool.lease()
    lease.buffer.fill(7)
    const { buffer } = lease
    void lease.hold(new Promise(() => {}))
    lease.release()
    pool.destroy()
    expect(buffer.every((byte) => byte === 7)).toBe(true)
    expect(pool.stats()).toMatchObject({ inUse: 1, closed: true })
  })

  it('refuses what is no promise, since nothing would be waited for', () => {
    const pool = new BufferPool({ bufferSize: 64 })
    const lease = pool.lease()
    for (const value of [undefined, null, 5, 'promise', {}, () => {}]) {
      expect(() => lease.hold(value as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    lease.release()
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })

  it('takes any thenable, however badly it behaves', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1 })
    const strange = Promise.resolve('strange')
    Object.defineProperty(strange, 'constructor', {
      get() {
        throw new Error('no constructor')
      }
    })
    const twice = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable that calls back more than once is what is tested
      then(resolve: (value: string) => void) {
        resolve('twice')
        resolve('again')
      }
    }
    const throwing = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable that throws is what is tested
      then() {
        throw new Error('thrown')
      }
    }
    const lease = pool.lease()
    expect(await lease.hold(twice as never)).toBe('twice')
    expect(() =>
      lease.hold({
        // biome-ignore lint/suspicious/noThenProperty: a getter that throws is what is tested
        get then() {
          throw new Error('no then')
        }
      } as never)
    ).toThrow('no then')
    lease.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    const other = pool.lease()
    await expect(other.hold(throwing as never)).rejects.toThrow('thrown')
    await expect(other.hold(strange)).rejects.toThrow('no constructor')
    other.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
    checkFigures(pool.stats())
    pool.destroy()
  })
})

describe('a lease whose memory was transferred away', () => {
  const title = 'tells so on release, and never at the end of a scope or behind the error of a held promise (needs transfer(): Node 22)'
  it.runIf(canRevoke)(title, async () => {
    // In this mode memory is not marked as untransferable.
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, debug: 'revoke' })
    const detached = () => {
      const lease = pool.lease()
      structuredClone(lease.buffer.buffer, { transfer: [lease.buffer.buffer as ArrayBuffer] })
      return lease
    }
    expect(() => detached().release()).toThrow(coded('ERR_POOL_DETACHED_BUFFER'))
    detached()[Symbol.dispose]()
    await detached()[Symbol.asyncDispose]()
    const failure = new Error('read failed')
    const held = detached()
    const pending = held.hold(Promise.reject(failure))
    held[Symbol.dispose]()
    await expect(pending).rejects.toBe(failure)
    const resolved = detached()
    const value = resolved.hold(Promise.resolve('done'))
    resolved[Symbol.dispose]()
    expect(await value).toBe('done')
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 5 })
    checkFigures(pool.stats())
    pool.destroy()
  })
})

describe('leaseAsync', () => {
  it('leases at once when there is something free, else when it comes free', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const first = await pool.leaseAsync(10)
    const second = pool.leaseAsync(20)
    first.release()
    expect((await second).buffer).toHaveLength(20)
    ;(await second).release()
    const third = await pool.leaseAsync()
    expect(third.buffer).toHaveLength(64)
    third.release()
    pool.destroy()
  })

  it('gives a lease that can be released although the pool was destroyed in between', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const pending = pool.leaseAsync()
    pool.destroy()
    const lease = await pending
    lease.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, liveBytes: 0, outstanding: 0 })
  })
})
