import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('BufferPool', () => {
  it('hands out buffers of its size, made ahead first, then on demand, up to its bound', () => {
    const pool = new BufferPool({ bufferSize: 1000, initialSize: 2, maxSize: 3 })
    const buffers = [pool.acquire(), pool.acquire(), pool.acquire()]
    expect(buffers.every((buffer) => buffer.length === 1000 && buffer.byteOffset === 0)).toBe(true)
    expect(pool.stats()).toMatchObject({ hits: 2, misses: 1, inUse: 3, available: 0, utilization: 1 })
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(pool.stats()).toMatchObject({ exhaustions: 1, acquisitions: 3 })
    for (const buffer of buffers) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ available: 3, inUse: 0, releases: 3 })
    pool.destroy()
  })

  it('tells the figures and the remedy when it is exhausted, by count and by bytes', () => {
    const byCount = new BufferPool({ name: 'c', bufferSize: 1000, maxSize: 1 })
    const counted = byCount.acquire()
    expect(() => byCount.acquire()).toThrow(/'c'.*1 buffers of 1000 bytes are in use, and maxSize is 1.*acquireAsync/)
    const byBytes = new BufferPool({ name: 'b', bufferSize: 1000, maxLiveBytes: 1999 })
    const measured = byBytes.acquire()
    expect(() => byBytes.acquire()).toThrow(/'b'.*1000 bytes are alive, 1000 more are needed, and maxLiveBytes is 1999/)
    byCount.release(counted)
    byBytes.release(measured)
    byCount.destroy()
    byBytes.destroy()
  })

  it('gives the buffer that came back last, since that is warm', () => {
    const pool = new BufferPool({ initialSize: 3, clear: 'never' })
    const [a, b] = [pool.acquire(), pool.acquire()]
    pool.release(a)
    pool.release(b)
    expect(pool.acquire()).toBe(b)
    expect(pool.acquire()).toBe(a)
    for (const buffer of [a, b]) pool.release(buffer)
    pool.destroy()
  })

  it('takes a size that its buffers have, and refuses others', () => {
    const pool = new BufferPool({ bufferSize: 1000 })
    for (const bytes of [1, 999, 1000]) pool.release(pool.acquire(bytes))
    expect(pool.maxBytes).toBe(1000)
    expect(() => pool.acquire(1001)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    expect(() => pool.lease(1001)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    for (const bytes of [0, -0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, '5', null, true, {}, 1n, Symbol('x')]) {
      expect(() => pool.acquire(bytes as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      expect(() => pool.lease(bytes as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    expect(pool.stats()).toMatchObject({ acquisitions: 3, inUse: 0 })
    pool.destroy()
  })

  it('waits with options alone, with a size alone, with both, and with neither', async () => {
    const pool = new BufferPool({ bufferSize: 64 })
    const { signal } = new AbortController()
    const waits = [pool.acquireAsync(), pool.acquireAsync(10), pool.acquireAsync({ signal }), pool.acquireAsync(10, { signal })]
    for (const buffer of await Promise.all(waits)) pool.release(buffer)
    const leases = await Promise.all([pool.leaseAsync(), pool.leaseAsync(10), pool.leaseAsync({ signal }), pool.leaseAsync(10, { signal })])
    expect(leases.map(({ buffer }) => buffer.length)).toEqual([64, 10, 64, 10])
    for (const lease of leases) lease.release()
    for (const first of [null, '5', 0, Number.NaN, 1n, []]) {
      await expect(pool.acquireAsync(first as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
      await expect(pool.leaseAsync(first as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
    }
    expect(pool.stats()).toMatchObject({ acquisitions: 8, inUse: 0 })
    pool.destroy()
  })

  it('refuses a double release in every way in which one can happen, and is then as before', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, maxIdleBytes: 64 })
    const idle = pool.acquire()
    pool.release(idle)
    expect(() => pool.release(idle)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    pool.trim()
    const discarding = new BufferPool({ bufferSize: 64, initialSize: 0, maxIdleBytes: 0 })
    const discarded = discarding.acquire()
    discarding.release(discarded)
    expect(() => discarding.release(discarded)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    pool.destroy()
    expect(() => pool.release(idle)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    for (const { stats } of [{ stats: pool.stats() }, { stats: discarding.stats() }]) {
      expect(stats).toMatchObject({ inUse: 0, outstanding: 0, liveBytes: 0, releases: 1 })
      checkFigures(stats)
    }
    discarding.destroy()
  })

  it('refuses another pool’s buffer by that pool’s name, and a subarray by what it is', () => {
    const [mine, yours] = [new BufferPool({ name: 'mine' }), new BufferPool({ name: 'yours' })]
    const classes = new SizeClassPool({ name: 'classes' })
    const buffer = yours.acquire()
    expect(() => mine.release(buffer)).toThrow(/belongs to pool 'yours'/)
    expect(() => classes.release(buffer)).toThrow(/belongs to pool 'yours'/)
    expect(() => mine.release(buffer.subarray(0))).toThrow(/subarray/)
    const other = classes.acquire(8192)
    expect(() => mine.release(other)).toThrow(/belongs to pool 'classes'/)
    expect(() => mine.release(new DataView(buffer.buffer) as never)).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
    yours.release(buffer)
    classes.release(other)
    expect([mine.stats().refusedReleases, yours.stats().refusedReleases]).toEqual([4, 0])
    for (const pool of [mine, yours, classes]) pool.destroy()
  })

  it('does not take a forgery for its own: properties, prototypes and proxies brand nothing', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1 })
    const real = pool.acquire()
    const forged = Object.defineProperties(Buffer.alloc(64), Object.getOwnPropertyDescriptors({ sizeClass: 1, state: 1 }))
    const values = [forged, Object.create(real), new Proxy(real, {}), Object.setPrototypeOf({}, real)]
    for (const value of values) expect(() => pool.release(value as Buffer)).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
    expect(Reflect.ownKeys(real).filter((key) => typeof key === 'symbol')).toEqual([])
    pool.release(real)
    pool.destroy()
  })

  it('warms up to a count, within its bounds', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 10, maxIdleBytes: 64 * 6 })
    expect(pool.warm(4)).toBe(4)
    expect(pool.warm(2)).toBe(4)
    expect(pool.warm(1000)).toBe(6)
    expect(pool.warm(Number.MAX_SAFE_INTEGER)).toBe(6)
    for (const count of [-1, 1.5, Number.NaN, '5', null, undefined, 2 ** 53, 1n]) {
      expect(() => pool.warm(count as number)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    const buffers = Array.from({ length: 6 }, () => pool.acquire())
    expect(pool.stats()).toMatchObject({ hits: 6, misses: 0, bytesAllocated: 384, bytesReused: 384 })
    for (const buffer of buffers) pool.release(buffer)
    pool.destroy()
  })

  it('keeps idle what its bound allows, and lets go of the rest', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxIdleBytes: 128 })
    const buffers = Array.from({ length: 5 }, () => pool.acquire())
    for (const buffer of buffers) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ available: 2, discards: 3, idleBytes: 128, liveBytes: 128 })
    pool.destroy()
  })

  it('trims down to its reserve at once, and tells how many bytes that gave', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 2, maxSize: 10 })
    const buffers = Array.from({ length: 10 }, () => pool.acquire())
    expect(pool.trim()).toBe(0)
    for (const buffer of buffers) pool.release(buffer)
    expect(pool.trim()).toBe(8 * 64)
    expect(pool.stats()).toMatchObject({ available: 2, trimmed: 8 })
    expect(pool.trim()).toBe(0)
    pool.destroy()
    expect(pool.trim()).toBe(0)
  })

  it('ends with destroy(), by whichever name, once', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 4 })
    let ends = 0
    pool.on('destroy', () => {
      ends++
    })
    const buffer = pool.acquire()
    pool[Symbol.dispose]()
    pool.destroy()
    expect([ends, pool.closed]).toEqual([1, true])
    expect(pool.stats()).toMatchObject({ closed: true, available: 0, inUse: 1, liveBytes: 64 })
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_CLOSED'))
    pool.release(buffer)
    expect(pool.stats()).toMatchObject({ inUse: 0, liveBytes: 0, discards: 1 })
  })

  it('can be destroyed within any of its listeners', () => {
    for (const event of ['acquire', 'release', 'grow', 'shrink', 'exhausted'] as const) {
      const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2 })
      pool.on(event, () => pool.destroy())
      const taken: Buffer[] = []
      const codes: unknown[] = []
      for (const act of [
        () => taken.push(pool.acquire()),
        () => taken.push(pool.acquire()),
        () => taken.push(pool.acquire()),
        () => pool.release(taken.pop() as Buffer),
        () => pool.trim()
      ]) {
        try {
          act()
        } catch (error) {
          codes.push((error as { code: string }).code)
        }
      }
      for (const buffer of taken) pool.release(buffer)
      expect(pool.stats(), event).toMatchObject({ closed: true, inUse: 0, liveBytes: 0, available: 0 })
      expect(codes.length, event).toBeGreaterThan(0)
      checkFigures(pool.stats())
    }
  })

  it('stays right when a listener acquires and releases in its turn', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 8 })
    let depth = 0
    pool.on('acquire', () => {
      if (depth >= 3) return
      depth++
      pool.release(pool.acquire())
      depth--
    })
    const buffers = Array.from({ length: 4 }, () => pool.acquire())
    expect(new Set(buffers).size).toBe(4)
    for (const buffer of buffers) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ inUse: 0, outstanding: 0 })
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('can be extended: overridden methods and super work together', () => {
    class Counting extends BufferPool {
      handed = 0
      override acquire(minBytes?: number): NonSharedBuffer {
        const buffer = super.acquire(minBytes)
        this.handed++
        return buffer
      }
    }
    const pool = new Counting({ bufferSize: 64, maxSize: 1, initialSize: 1 })
    pool.release(pool.acquire())
    const buffer = pool.acquire()
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(pool.handed).toBe(2)
    pool.release(buffer)
    pool.destroy()
  })

  it('needs its own this: a method torn off fails before it changes anything', () => {
    const pool = new BufferPool({ initialSize: 1 })
    const { acquire } = pool
    expect(() => acquire.call({} as BufferPool)).toThrow(TypeError)
    expect(() => acquire.call(new SizeClassPool() as never)).toThrow(TypeError)
    expect(pool.stats().acquisitions).toBe(0)
    pool.destroy()
  })
})
