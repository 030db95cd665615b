import { describe, expect, it, vi } from 'vitest'
import { BufferPool, SizeClassPool } from '../../src/index.js'
import { checkFigures } from '../../src/testing.js'

/** The code of what `fn` throws; `undefined` when it throws nothing. */
function codeOf(fn: () => unknown): string | undefined {
  try {
    fn()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return undefined
}

describe('a listener that acts on the pool that tells it', () => {
  it("serves an acquire that waits with what a listener of 'exhausted' released", async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1 })
    const only = pool.acquire()
    pool.once('exhausted', () => pool.release(only))
    const next = await pool.acquireAsync()
    expect(next.buffer).toBe(only.buffer)
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 1 })
    pool.release(next)
    pool.destroy()
  })

  it("does not leave an acquire waiting in a pool that a listener of 'exhausted' destroyed", async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1 })
    pool.acquire()
    pool.once('exhausted', () => pool.destroy())
    await expect(pool.acquireAsync()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
    expect(pool.stats().waiting).toBe(0)
  })

  it("does not leave an acquire waiting that a listener of 'exhausted' called off", async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1 })
    pool.acquire()
    const controller = new AbortController()
    const reason = new Error('called off')
    pool.once('exhausted', () => controller.abort(reason))
    await expect(pool.acquireAsync({ signal: controller.signal, timeoutMs: 1000 })).rejects.toBe(reason)
    expect(pool.stats()).toMatchObject({ waiting: 0, exhaustions: 1, timeouts: 0 })
    pool.destroy()
  })

  it.each(['acquire', 'grow'] as const)("gives back what '%s' announced when its listener calls the wait off", async (event) => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 0, pooling: event === 'acquire' })
    const only = pool.acquire()
    const controller = new AbortController()
    const reason = new Error('called off')
    const waiting = pool.acquireAsync({ signal: controller.signal })
    const rejection = expect(waiting).rejects.toBe(reason)
    expect(pool.stats().waiting).toBe(1)
    pool.once(event, () => controller.abort(reason))
    pool.release(only)
    await rejection
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, outstanding: 0 })
    pool.release(pool.acquire())
    checkFigures(pool.stats())
    pool.destroy()
  })

  it("gives back what 'acquire' announced when its listener destroys the pool", async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1 })
    const only = pool.acquire()
    const rejection = expect(pool.acquireAsync()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
    pool.once('acquire', () => pool.destroy())
    pool.release(only)
    await rejection
    expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, liveBytes: 0, closed: true })
  })

  it("lets no listener of 'release' overtake those who wait", async () => {
    const pool = new BufferPool({ maxSize: 1, initialSize: 1 })
    const only = pool.acquire()
    const waiting = pool.acquireAsync()
    let overtaker: unknown
    pool.once('release', () => {
      overtaker = codeOf(() => pool.acquire())
    })
    pool.release(only)
    expect(overtaker).toBe('ERR_POOL_EXHAUSTED')
    expect((await waiting).buffer).toBe(only.buffer)
    pool.destroy()
  })

  it("lets no listener of 'wait' acquire from a pool that is being destroyed", async () => {
    const pool = new SizeClassPool({ sizes: [1024, 2048], maxSize: 1, initialSize: 1 })
    pool.acquire(1024)
    const rejection = expect(pool.acquireAsync(1024)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
    let refused: unknown
    pool.once('wait', () => {
      refused = codeOf(() => pool.acquire(2048))
    })
    pool.destroy()
    await rejection
    expect(refused).toBe('ERR_POOL_CLOSED')
  })

  it("releases no buffer a second time from 'returnedLate'", () => {
    vi.useFakeTimers()
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, shrinkInterval: 0, heldTooLongMs: 1000 })
    const buffer = pool.acquire()
    vi.advanceTimersByTime(5000)
    let refused: unknown
    let inUse: number | undefined
    pool.on('returnedLate', () => {
      inUse = pool.stats().inUse
      refused = codeOf(() => pool.release(buffer))
    })
    pool.release(buffer)
    vi.useRealTimers()
    expect([refused, inUse]).toEqual(['ERR_POOL_DOUBLE_RELEASE', 0])
    expect(pool.acquire()).not.toBe(pool.acquire())
    checkFigures(pool.stats())
    pool.destroy()
  })

  it("lets no listener of 'returnedLate' overtake those who wait", async () => {
    vi.useFakeTimers()
    const pool = new BufferPool({ bufferSize: 64, maxSize: 1, initialSize: 0, shrinkInterval: 0, heldTooLongMs: 1000 })
    const only = pool.acquire()
    vi.advanceTimersByTime(5000)
    vi.useRealTimers()
    const waiting = pool.acquireAsync()
    let overtaker: unknown
    pool.on('returnedLate', () => {
      overtaker = codeOf(() => pool.acquire())
    })
    pool.release(only)
    expect(overtaker).toBe('ERR_POOL_EXHAUSTED')
    expect((await waiting).buffer).toBe(only.buffer)
    pool.destroy()
  })

  it("lets no listener of 'writeAfterRelease' release what is withdrawn", () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, shrinkInterval: 0, debug: 'poison' })
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const stale = pool.acquire()
    pool.release(stale)
    stale[3] = 1
    let refused: unknown
    pool.on('writeAfterRelease', () => {
      checkFigures(pool.stats())
      refused = codeOf(() => pool.release(stale))
    })
    expect(pool.acquire()).not.toBe(stale)
    expect(refused).toBe('ERR_POOL_DOUBLE_RELEASE')
    expect(pool.stats()).toMatchObject({ inUse: 1, total: 1, quarantined: 1 })
    checkFigures(pool.stats())
    warn.mockRestore()
    pool.destroy()
  })

  it("tells 'grow' once its acquire is counted", () => {
    const pool = new BufferPool({ initialSize: 0 })
    const seen: number[] = []
    pool.on('grow', () => {
      const stats = pool.stats()
      checkFigures(stats)
      seen.push(stats.acquisitions, stats.releases, stats.misses)
    })
    pool.acquire()
    pool.acquire()
    expect(seen).toEqual([1, 0, 1, 2, 0, 2])
    pool.destroy()
  })
})
