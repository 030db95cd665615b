import { describe, expect, it, vi } from 'vitest'
import { BufferPool, type PoolEvents, SizeClassPool } from '../src/index.js'
import { checkFigures } from '../src/testing.js'

const isZero = (buffer: Buffer) => buffer.every((byte) => byte === 0)
const isAll = (buffer: Buffer, value: number) => buffer.every((byte) => byte === value)

/** Every way out of a pool, with what it did to the bytes. */
const waysOut: Record<string, (clear: 'release' | 'acquire' | 'never') => Buffer> = {
  trim: (clear) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, clear })
    const buffer = pool.acquire().fill(7)
    pool.release(buffer)
    pool.trim()
    return buffer
  },
  overflow: (clear) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxIdleBytes: 0, clear })
    const buffer = pool.acquire().fill(7)
    pool.release(buffer)
    return buffer
  },
  oversize: (clear) => {
    const pool = new SizeClassPool({ sizes: [8], clear })
    const buffer = pool.acquire(64).fill(7)
    pool.release(buffer)
    return buffer
  },
  destroy: (clear) => {
    const pool = new BufferPool({ bufferSize: 64, clear })
    const buffer = pool.acquire().fill(7)
    pool.release(buffer)
    pool.destroy()
    return buffer
  },
  'release after destroy': (clear) => {
    const pool = new BufferPool({ bufferSize: 64, clear })
    const buffer = pool.acquire().fill(7)
    pool.destroy()
    pool.release(buffer)
    return buffer
  },
  eviction: (clear) => {
    const pool = new SizeClassPool({ sizes: [64], maxLiveBytes: 100, maxIdleBytes: 100, clear })
    const buffer = pool.acquire(64).fill(7)
    pool.release(buffer)
    pool.release(pool.acquire(90))
    return buffer
  },
  'a turn for who waits for bytes': (clear) => {
    const pool = new SizeClassPool({ sizes: [64], maxLiveBytes: 100, maxIdleBytes: 100, clear })
    const buffer = pool.acquire(64).fill(7)
    const waiting = pool.acquireAsync(90)
    pool.release(buffer)
    void waiting.then((larger) => pool.release(larger))
    return buffer
  },
  'pooling turned off': (clear) => {
    const pool = new BufferPool({ bufferSize: 64, pooling: false, clear })
    const buffer = pool.acquire().fill(7)
    pool.release(buffer)
    return buffer
  }
}

describe('clearing', () => {
  it.each(Object.entries(waysOut))('happens on %s, unless never', (_, leave) => {
    expect(isZero(leave('release'))).toBe(true)
    expect(isZero(leave('acquire'))).toBe(true)
    expect(isAll(leave('never'), 7)).toBe(true)
  })

  it("is done on release by default, and by 'acquire' before the next owner only", () => {
    const onRelease = new BufferPool({ bufferSize: 64, initialSize: 1 })
    const first = onRelease.acquire().fill(7)
    onRelease.release(first)
    expect(isZero(first)).toBe(true)
    const onAcquire = new BufferPool({ bufferSize: 64, initialSize: 1, clear: 'acquire' })
    const second = onAcquire.acquire().fill(7)
    onAcquire.release(second)
    expect(isAll(second, 7)).toBe(true)
    const third = onAcquire.acquire()
    expect(third.buffer).toBe(second.buffer)
    expect(isZero(third)).toBe(true)
    for (const pool of [onRelease, onAcquire]) pool.destroy()
  })

  it('covers new memory as well, which may hold bytes of the process', () => {
    for (const clear of ['release', 'acquire'] as const) {
      const pool = new SizeClassPool({ clear, sizes: [64, 4096] })
      for (const bytes of [64, 4096, 100_000]) expect(isZero(pool.acquire(bytes))).toBe(true)
      expect(pool.warm(2)).toBe(4)
      expect(isZero(pool.acquire(4096))).toBe(true)
      pool.destroy()
    }
  })

  it('leaves memory alone that somebody may still write to', () => {
    const pool = new BufferPool({ bufferSize: 64 })
    const lease = pool.lease()
    const { buffer } = lease
    buffer.fill(7)
    lease.discard()
    expect(isAll(buffer, 7)).toBe(true)
    pool.destroy()
    expect(isAll(buffer, 7)).toBe(true)
  })
})

/** What would be printed to the console of writes after release meanwhile. */
function warningsOf(act: () => void): string[] {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  act()
  const warnings = emitWarning.mock.calls.map((call) => JSON.stringify(call))
  emitWarning.mockRestore()
  // A collection may just now find what another test dropped.
  return warnings.filter((warning) => warning.includes('PoolWriteAfterReleaseWarning'))
}

describe('debug mode', () => {
  it('poisons what comes back, and zeroes it for the next owner', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, debug: 'poison' })
    const buffer = pool.acquire().fill(7)
    pool.release(buffer)
    expect(isAll(buffer, 0xdb)).toBe(true)
    const next = pool.acquire()
    expect(next.buffer).toBe(buffer.buffer)
    expect(isZero(buffer)).toBe(true)
    pool.release(next)
    pool.destroy()
    expect(isZero(buffer)).toBe(true)
  })

  it.each([0, 1, 63, 65_535, 65_536, 131_072, 199_999])('reports a write after release at byte %i with both places', (offset) => {
    const bufferSize = Math.max(64, offset + 1)
    const pool = new BufferPool({ name: 'debugged', bufferSize, initialSize: 1, maxSize: 1, debug: 'poison' })
    const reports: PoolEvents['writeAfterRelease'][] = []
    pool.on('writeAfterRelease', (report) => reports.push(report))
    const takeIt = () => pool.acquire()
    const putIt = (buffer: Buffer) => pool.release(buffer)
    const stale = takeIt()
    putIt(stale)
    stale[offset] = 1
    let next: Buffer | undefined
    const warnings = warningsOf(() => {
      next = pool.acquire()
    })
    expect(warnings).toHaveLength(1)
    expect(next).not.toBe(stale)
    expect(reports).toEqual([
      {
        ...{ pool: 'debugged', bufferSize, offset },
        acquiredAt: expect.stringContaining('takeIt'),
        releasedAt: expect.stringContaining('putIt')
      }
    ])
    expect(pool.stats()).toMatchObject({ quarantined: 1, inUse: 1, total: 1, acquisitions: 2, releases: 1 })
    expect(() => pool.release(stale)).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('never says what was written', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, debug: 'poison' })
    const stale = pool.acquire()
    pool.release(stale)
    stale.write('geheim')
    const messages = warningsOf(() => pool.acquire())
    expect(messages).toHaveLength(1)
    expect(messages.join()).not.toContain('geheim')
    pool.destroy()
  })

  it('withdraws one after the other when several were written to', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 3, maxSize: 3, debug: 'poison' })
    const stale = [pool.acquire(), pool.acquire(), pool.acquire()]
    for (const buffer of stale) pool.release(buffer)
    for (const buffer of stale) buffer[5] = 1
    let next: Buffer | undefined
    const warnings = warningsOf(() => {
      next = pool.lease(10).buffer
    })
    expect(warnings).toHaveLength(3)
    expect(stale.map(({ buffer }) => buffer)).not.toContain(next?.buffer)
    expect(pool.stats()).toMatchObject({ quarantined: 3, inUse: 1, total: 1, acquisitions: 4 })
    pool.destroy()
  })

  it('finds nothing wrong in right use', () => {
    const pool = new SizeClassPool({ debug: 'poison', clear: 'never' })
    const warnings = warningsOf(() => {
      for (let turn = 0; turn < 200; turn++) {
        const buffers = [pool.acquire(10 + turn), pool.acquire(5000)]
        const lease = pool.lease(turn + 1)
        lease.buffer.fill(turn)
        for (const buffer of buffers) pool.release(buffer.fill(turn))
        lease.release()
      }
    })
    expect(warnings).toEqual([])
    expect(pool.stats()).toMatchObject({ quarantined: 0, inUse: 0 })
    pool.destroy()
  })
})
