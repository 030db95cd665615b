import { describe, expect, it, vi } from 'vitest'
import { Arena } from '../src/arena/arena.js'
import { arenaSettings } from '../src/arena/arena-settings.js'
import { BufferState } from '../src/arena/buffer-record.js'
import { BufferPool, type BufferPoolOptions, SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })

/** Takes a buffer's memory away, as `transfer` does on the Nodes whose mark does not forbid it; whether it did. */
function takeAway(buffer: Buffer): boolean {
  try {
    ;(buffer.buffer as ArrayBuffer & { transfer: () => void }).transfer()
  } catch {
    return false
  }
  return true
}

/** A pool with one idle buffer whose memory was taken away after its release, or nothing where this Node lets no code do that. */
function withDetachedIdle(options: Partial<BufferPoolOptions>): { pool: BufferPool; detached: Buffer } | undefined {
  const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2, ...options })
  const buffer = pool.acquire()
  pool.release(buffer)
  if (takeAway(buffer)) return { pool, detached: buffer }
  pool.destroy()
  return undefined
}

const canTakeAway = withDetachedIdle({}) !== undefined

describe.runIf(canTakeAway)('an idle buffer whose memory was taken away (needs a transfer() that takes marked memory: Node 22)', () => {
  const cases: [string, Partial<BufferPoolOptions>][] = [
    ['that clears on acquire', { clear: 'acquire' }],
    ['that poisons', { debug: 'poison' }],
    ['that poisons and clears nothing', { debug: 'poison', clear: 'never' }]
  ]
  it.each(cases)('is withdrawn by a pool %s, for another, and is not reported as written to', (_, options) => {
    const made = withDetachedIdle(options)
    if (made === undefined) return
    const { pool, detached } = made
    const reports: unknown[] = []
    pool.on('writeAfterRelease', (report) => reports.push(report))
    const next = pool.acquire()
    expect([next.length, next === detached]).toEqual([64, false])
    expect(pool.stats()).toMatchObject({ quarantined: 1, inUse: 1, total: 1, liveBytes: 64 })
    expect(reports).toEqual([])
    pool.release(next)
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('is noticed on release, after its listeners', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, clear: 'release' })
    const order: string[] = []
    pool.on('release', () => order.push('release'))
    const buffer = pool.acquire()
    takeAway(buffer)
    expect(() => pool.release(buffer)).toThrow(coded('ERR_POOL_DETACHED_BUFFER'))
    expect(order).toEqual(['release'])
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, quarantined: 1 })
    pool.destroy()
  })
})

describe('an acquire that has more to do than the hot path', () => {
  it('hands out the very buffer that lay idle, where nothing is cleared', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, clear: 'never' })
    const heard: unknown[] = []
    pool.on('acquire', (event) => heard.push(event))
    const buffer = pool.acquire()
    pool.release(buffer)
    expect(pool.acquire()).toBe(buffer)
    expect(heard).toHaveLength(2)
    pool.release(buffer)
    pool.destroy()
  })

  it('takes another idle buffer for one that was withdrawn, and allocates none', () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 3, debug: 'poison' })
    const grown: unknown[] = []
    const [other, spoiled] = [pool.acquire(), pool.acquire()]
    pool.release(other)
    pool.release(spoiled)
    spoiled[1] = 1
    pool.on('grow', (event) => grown.push(event))
    const next = pool.acquire()
    expect([next.buffer === other.buffer, grown, pool.stats().misses]).toEqual([true, [], 2])
    pool.release(next)
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('allocates for a buffer that was withdrawn where no other is idle, and counts no exhaustion', () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, debug: 'poison' })
    const spoiled = pool.acquire()
    pool.release(spoiled)
    spoiled[1] = 1
    const next = pool.acquire()
    expect(next.buffer === spoiled.buffer).toBe(false)
    expect(pool.stats()).toMatchObject({ misses: 2, exhaustions: 0, total: 1, quarantined: 1 })
    pool.release(next)
    pool.destroy()
  })

  it('is ended by the listener that hears of a written buffer and destroys the pool', () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2, debug: 'poison' })
    const spoiled = pool.acquire()
    pool.release(spoiled)
    spoiled[1] = 1
    pool.once('writeAfterRelease', () => pool.destroy())
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_CLOSED'))
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, misses: 1 })
  })
})

describe('a waiter whose turn comes as debug mode withdraws the last idle buffer', () => {
  it('waits on while another acquire has its room, and the releaser sees no error', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const shape = { kind: 'buffer', sizes: [64], maxBytes: 64, reserve: 0, reserveIsDefault: false, maxSize: 1 }
    const arena = new Arena(arenaSettings(shape, { debug: 'poison' }), {})
    const [sizeClass] = arena.classes as [(typeof arena.classes)[number]]
    const spoiled = sizeClass.take(64)
    arena.attendRelease(spoiled, BufferState.Out)
    spoiled[1] = 1
    const taken: Buffer[] = []
    arena.events.writeAfterRelease.add(() => void taken.push(sizeClass.take(64)))
    const wait = arena.queue.wait(sizeClass.waiters, { bytes: 64, timeoutMs: Number.POSITIVE_INFINITY, signal: undefined })
    arena.queue.serve()
    await new Promise((resolve) => setImmediate(resolve))
    expect([arena.queue.size, taken.length]).toEqual([1, 1])
    arena.attendRelease(taken[0] as never, BufferState.Out)
    const served = await wait
    expect(served.length).toBe(64)
    arena.attendRelease(served, BufferState.Out)
    arena.destroy()
  })
})

describe('a pool whose listener acts while an acquire is refused', () => {
  it('allocates nothing once that destroyed it', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1 })
    const held = pool.acquire()
    pool.once('exhausted', () => {
      pool.destroy()
      pool.release(held)
    })
    await expect(pool.acquireAsync()).rejects.toThrow(coded('ERR_POOL_CLOSED'))
    expect(pool.stats()).toMatchObject({ misses: 1, total: 0, waiting: 0 })
  })

  it('rejects with the reason of the signal that it aborts, and keeps no waiter', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1 })
    const held = pool.acquire()
    const stop = new AbortController()
    pool.once('exhausted', () => stop.abort('enough'))
    await expect(pool.acquireAsync({ signal: stop.signal })).rejects.toBe('enough')
    expect(pool.stats().waiting).toBe(0)
    pool.release(held)
    pool.destroy()
  })

  it('serves the acquire from the buffer that it released', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, clear: 'never' })
    const held = pool.acquire()
    pool.once('exhausted', () => pool.release(held))
    expect(await pool.acquireAsync()).toBe(held)
    pool.release(held)
    pool.destroy()
  })
})

describe('a pool at a bound of all its bytes', () => {
  it('gives the bytes that the first waiter needs to no other class, and a buffer of its own class back to it', async () => {
    const pool = new SizeClassPool({ sizes: [64, 128], maxLiveBytes: 192, maxIdleBytes: 192, clear: 'never' })
    const [small, large] = [pool.acquire(64), pool.acquire(128)]
    const wait = pool.acquireAsync(128)
    pool.release(small)
    // Not kept for its class, since the first waiter claims its bytes.
    expect(pool.stats()).toMatchObject({ waiting: 1, available: 0, liveBytes: 128 })
    expect(() => pool.acquire(64)).toThrow(/1 acquires wait, and a later one may not overtake them/)
    pool.release(large)
    expect(await wait).toBe(large)
    expect(pool.stats()).toMatchObject({ misses: 2 })
    pool.release(await wait)
    pool.destroy()
  })
})

describe('a release that has more to do than the hot path', () => {
  it('emits no late return for a buffer that was not reported', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, heldTooLongMs: 60_000 })
    const late: unknown[] = []
    const released: unknown[] = []
    pool.on('returnedLate', (event) => late.push(event))
    pool.on('release', (event) => released.push(event))
    pool.release(pool.acquire())
    expect([late, released.length]).toEqual([[], 1])
    pool.destroy()
  })

  it('refuses a buffer that was released before, counts it, and changes nothing else', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1, clear: 'never' })
    const buffer = pool.acquire()
    pool.release(buffer)
    const before = pool.stats()
    expect(() => pool.release(buffer)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.stats()).toMatchObject({ inUse: 0, available: 1, releases: before.releases, refusedReleases: 1 })
    pool.destroy()
  })
})

describe('a pool when the system has no memory', () => {
  const withoutMemory = () =>
    vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed')
    })

  it('refuses an acquire that may wait, although a buffer is out', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2, clear: 'never' })
    const held = pool.acquire()
    const none = withoutMemory()
    await expect(pool.acquireAsync({ timeoutMs: 2000 })).rejects.toThrow(/the system refused 64 bytes, with 64 alive/)
    none.mockRestore()
    pool.release(held)
    pool.destroy()
  })

  it('ends the wait of the last as aborted', async () => {
    const pool = new SizeClassPool({ sizes: [64, 128], maxLiveBytes: 128, maxIdleBytes: 128, clear: 'never' })
    const outcomes: string[] = []
    pool.on('wait', ({ outcome }) => outcomes.push(outcome))
    const held = pool.acquire(128)
    const wait = pool.acquireAsync(64)
    const none = withoutMemory()
    pool.release(held)
    await expect(wait).rejects.toThrow(coded('ERR_POOL_EXHAUSTED'))
    none.mockRestore()
    expect(outcomes).toEqual(['aborted'])
    pool.destroy()
  })
})
