import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, SizeClassPool } from '../src/index.js'
import { arenaOf } from '../src/pools/pool.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })
const only = (options = {}) => new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, ...options })

describe('waiting', () => {
  it('is served first come first served, a thousand times', async () => {
    const pool = only()
    const first = pool.acquire()
    const order: number[] = []
    const waits = Array.from({ length: 1000 }, async (_, turn) => {
      const buffer = await pool.acquireAsync()
      order.push(turn)
      pool.release(buffer)
    })
    expect(pool.stats().waiting).toBe(1000)
    pool.release(first)
    await Promise.all(waits)
    expect(order).toEqual(Array.from({ length: 1000 }, (_, turn) => turn))
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, acquisitions: 1001, exhaustions: 1000 })
    pool.destroy()
  })

  it('does not wait when something is free', async () => {
    const pool = only()
    const buffer = await pool.acquireAsync()
    expect(pool.stats()).toMatchObject({ exhaustions: 0, hits: 1 })
    pool.release(buffer)
    pool.destroy()
  })

  it('keeps everybody else’s turn when some call off from anywhere in the line', async () => {
    const pool = only()
    const first = pool.acquire()
    const served: number[] = []
    const controllers = Array.from({ length: 9 }, () => new AbortController())
    const waits = controllers.map(async ({ signal }, turn) => {
      const buffer = await pool.acquireAsync({ signal })
      served.push(turn)
      pool.release(buffer)
    })
    for (const turn of [0, 4, 8, 3]) controllers[turn]?.abort(new Error(`${turn}`))
    pool.release(first)
    const ends = await Promise.allSettled(waits)
    expect(ends.map(({ status }) => status === 'rejected')).toEqual([true, false, false, true, true, false, false, false, true])
    expect(served).toEqual([1, 2, 5, 6, 7])
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('rejects with the reason of the signal, at once when that had aborted before', async () => {
    const pool = only()
    for (const reason of [new Error('mine'), 'text', 5, null]) {
      await expect(pool.acquireAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    }
    expect(pool.stats()).toMatchObject({ acquisitions: 0, available: 1 })
    pool.acquire()
    const controller = new AbortController()
    const waiting = pool.acquireAsync({ signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    pool.destroy()
  })

  it('keeps what was served before the signal aborted', async () => {
    const pool = only()
    const first = pool.acquire()
    const controller = new AbortController()
    const waiting = pool.acquireAsync({ signal: controller.signal })
    pool.release(first)
    controller.abort(new Error('too late'))
    expect((await waiting).buffer).toBe(first.buffer)
    expect(pool.stats().inUse).toBe(1)
    pool.destroy()
  })

  it('is served by a release within a listener of the very signal', async () => {
    const pool = only()
    const first = pool.acquire()
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => pool.release(first))
    const waiting = pool.acquireAsync({ signal: controller.signal })
    controller.abort(new Error('called off'))
    const outcome = await waiting.then(
      (buffer) => pool.release(buffer),
      () => {}
    )
    expect(outcome).toBeUndefined()
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, available: 1 })
    pool.destroy()
  })

  it('leaves nothing on a signal that many waits share, and no warning of Node', async () => {
    const pool = only()
    const first = pool.acquire()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => warnings.push(name)
    process.on('warning', onWarning)
    const waits = Array.from({ length: 50 }, () => pool.acquireAsync({ signal }).then((buffer) => pool.release(buffer)))
    await new Promise((resolve) => setImmediate(resolve))
    pool.release(first)
    await Promise.all(waits)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
    expect(added).toHaveBeenCalledTimes(1)
    expect(removed.mock.calls).toEqual(added.mock.calls.map(([event, listener]) => [event, listener]))
    pool.destroy()
  })

  it('is bounded: one more is refused at once', async () => {
    const pool = only({ maxWaiting: 2 })
    const first = pool.acquire()
    const waits = [pool.acquireAsync(), pool.acquireAsync()]
    await expect(pool.acquireAsync()).rejects.toEqual(coded('ERR_POOL_QUEUE_FULL'))
    await expect(pool.leaseAsync()).rejects.toEqual(coded('ERR_POOL_QUEUE_FULL'))
    expect(pool.stats()).toMatchObject({ waiting: 2, exhaustions: 4 })
    pool.release(first)
    pool.release((await waits[0]) as Buffer)
    pool.release((await waits[1]) as Buffer)
    pool.destroy()
    const none = only({ maxWaiting: 0 })
    none.acquire()
    await expect(none.acquireAsync()).rejects.toEqual(coded('ERR_POOL_QUEUE_FULL'))
    none.destroy()
  })

  it('refuses at once a size that can never be served', async () => {
    const pool = new SizeClassPool({ sizes: [64, 128], oversize: 'refuse' })
    await expect(pool.acquireAsync(129)).rejects.toEqual(coded('ERR_POOL_TOO_LARGE'))
    const unpooled = new SizeClassPool({ sizes: [64, 128], maxLiveBytes: 1000 })
    await expect(unpooled.acquireAsync(1001)).rejects.toEqual(coded('ERR_POOL_TOO_LARGE'))
    await expect(only().acquireAsync(65)).rejects.toEqual(coded('ERR_POOL_TOO_LARGE'))
    pool.destroy()
    unpooled.destroy()
  })

  it('refuses options that are none, and does not stand in line', async () => {
    const pool = only()
    pool.acquire()
    const wrong = [null, 5, 'soon', [], { timeout: 5 }, { signal: null }, { signal: {} }, { signal: new EventTarget() }]
    const timeouts = [0, -0, -1, Number.NaN, null, '5', 2 ** 31, 1n, Number.NEGATIVE_INFINITY, true].map((timeoutMs) => ({ timeoutMs }))
    for (const options of [...wrong, ...timeouts]) {
      await expect(pool.acquireAsync(64, options as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
      await expect(pool.leaseAsync(64, options as never)).rejects.toEqual(coded('ERR_POOL_INVALID_OPTION'))
    }
    expect(pool.stats()).toMatchObject({ waiting: 0, exhaustions: 0 })
    pool.destroy()
  })

  it('lets other classes pass while one is full by count', async () => {
    const pool = new SizeClassPool({ sizes: [64, 128], maxSize: 1 })
    const small = pool.acquire(64)
    const waiting = pool.acquireAsync(64)
    const large = await pool.acquireAsync(128)
    pool.release(large)
    pool.release(small)
    pool.release(await waiting)
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0 })
    pool.destroy()
  })

  it('is served by what another class gives up', async () => {
    const pool = new SizeClassPool({ sizes: [64, 1024], maxLiveBytes: 1024, clear: 'never' })
    const large = pool.acquire(1024)
    const waits = [pool.acquireAsync(64), pool.acquireAsync(64)]
    pool.release(large)
    for (const buffer of await Promise.all(waits)) pool.release(buffer)
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('lets oversize acquires wait for bytes, too', async () => {
    const pool = new SizeClassPool({ sizes: [64], maxLiveBytes: 1000 })
    const first = pool.acquire(600)
    const waiting = pool.acquireAsync(600)
    expect(pool.stats().waiting).toBe(1)
    pool.release(first)
    expect((await waiting).length).toBe(600)
    pool.release(await waiting)
    expect(pool.stats()).toMatchObject({ liveBytes: 0, oversize: 2 })
    pool.destroy()
  })
})

describe('the time of a wait', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends by its own timeout, and by the pool’s where it has none', async () => {
    const pool = only({ acquireTimeoutMs: 100, shrinkInterval: 0 })
    const first = pool.acquire()
    const ended: string[] = []
    const note = (name: string) => (error: { code: string }) => ended.push(`${name} ${error.code}`)
    void pool.acquireAsync().catch(note('default'))
    void pool.acquireAsync({ timeoutMs: 50 }).catch(note('own'))
    void pool.leaseAsync(10, { timeoutMs: 200 }).catch(note('lease'))
    const endless = pool.acquireAsync({ timeoutMs: Number.POSITIVE_INFINITY })
    await vi.advanceTimersByTimeAsync(49)
    expect(ended).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(ended).toEqual(['own ERR_POOL_ACQUIRE_TIMEOUT'])
    await vi.advanceTimersByTimeAsync(50)
    expect(ended).toEqual(['own ERR_POOL_ACQUIRE_TIMEOUT', 'default ERR_POOL_ACQUIRE_TIMEOUT'])
    await vi.advanceTimersByTimeAsync(1_000_000)
    expect(ended).toHaveLength(3)
    expect(pool.stats()).toMatchObject({ timeouts: 3, waiting: 1 })
    pool.release(first)
    expect((await endless).buffer).toBe(first.buffer)
    expect(vi.getTimerCount()).toBe(0)
    pool.destroy()
  })

  it('leaves no timer behind, however the wait ends', async () => {
    const pool = only({ shrinkInterval: 0 })
    const first = pool.acquire()
    const controller = new AbortController()
    const served = pool.acquireAsync({ timeoutMs: 1000 })
    const aborted = pool.acquireAsync({ timeoutMs: 1000, signal: controller.signal })
    const closed = pool.acquireAsync({ timeoutMs: 1000 })
    expect(vi.getTimerCount()).toBe(3)
    const ends = Promise.allSettled([served, aborted, closed])
    pool.release(first)
    controller.abort()
    pool.destroy()
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a pool at half of what its users need', () => {
  it('serves everybody in the end', async () => {
    const pool = new BufferPool({ bufferSize: 64, maxSize: 5, clear: 'never' })
    let served = 0
    const user = async () => {
      for (let turn = 0; turn < 2000; turn++) {
        const buffer = await pool.acquireAsync()
        if (turn % 3 === 0) await Promise.resolve()
        pool.release(buffer)
        served++
      }
    }
    await Promise.all(Array.from({ length: 10 }, user))
    expect(served).toBe(20_000)
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, total: 5, acquisitions: 20_000, releases: 20_000 })
    expect(arenaOf(pool).queue.blockedBy).toBeUndefined()
    checkFigures(pool.stats())
    pool.destroy()
  })
})
