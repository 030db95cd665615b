import { describe, expect, it, vi } from 'vitest'
import { BufferPool, type PoolEvents, SizeClassPool } from '../src/index.js'

const coded = (code: string) => expect.objectContaining({ code })

const names = ['acquire', 'release', 'grow', 'shrink', 'exhausted', 'writeAfterRelease', 'destroy'] as const

/** All that a pool emits, in order, without the places in code. */
function heardFrom(pool: BufferPool | SizeClassPool): unknown[] {
  const heard: unknown[] = []
  for (const name of names)
    pool.on(name, (event: PoolEvents[typeof name]) => {
      const { acquiredAt, releasedAt, ...rest } = event as PoolEvents['writeAfterRelease']
      heard.push([name, rest])
    })
  return heard
}

describe('the events of a pool', () => {
  it('name the pool, the size and the counts, from growth to the end', () => {
    const pool = new BufferPool({ name: 'heard', bufferSize: 64, initialSize: 0, maxSize: 1 })
    const heard = heardFrom(pool)
    const buffer = pool.acquire()
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    pool.release(buffer)
    expect(pool.warm(5)).toBe(1)
    pool.trim()
    pool.destroy()
    pool.destroy()
    expect(heard).toEqual([
      ['acquire', { pool: 'heard', bufferSize: 64 }],
      ['grow', { pool: 'heard', bufferSize: 64, count: 1, total: 1 }],
      ['exhausted', { pool: 'heard', bufferSize: 64, inUse: 1, waiting: 0 }],
      ['release', { pool: 'heard', bufferSize: 64 }],
      ['shrink', { pool: 'heard', bufferSize: 64, count: 1, total: 0 }],
      ['destroy', { pool: 'heard' }]
    ])
  })

  it('say the size that was asked for where no class serves it, and the class where one does', async () => {
    const pool = new SizeClassPool({ name: 'heard', sizes: [64], maxSize: 1, maxLiveBytes: 200, maxIdleBytes: 200 })
    const held = [pool.acquire(50), pool.acquire(100)]
    const heard = heardFrom(pool)
    expect(() => pool.acquire(20)).toThrow(/1 buffers of 64 bytes are in use, and maxSize is 1/)
    expect(() => pool.acquire(90)).toThrow(/1 buffers that are not pooled are in use, and maxSize is 1/)
    const wait = pool.acquireAsync(90)
    expect(() => pool.acquire(20)).toThrow(coded('ERR_POOL_EXHAUSTED'))
    expect(heard).toEqual([
      ['exhausted', { pool: 'heard', bufferSize: 64, inUse: 1, waiting: 0 }],
      ['exhausted', { pool: 'heard', bufferSize: 90, inUse: 1, waiting: 0 }],
      ['exhausted', { pool: 'heard', bufferSize: 90, inUse: 1, waiting: 0 }],
      ['exhausted', { pool: 'heard', bufferSize: 64, inUse: 1, waiting: 1 }]
    ])
    for (const buffer of held) pool.release(buffer)
    pool.release(await wait)
    pool.destroy()
  })

  it('count one growth for each warming that made buffers, and none for one that did not', () => {
    const pool = new BufferPool({ name: 'heard', bufferSize: 64, initialSize: 0, maxSize: 8 })
    const heard = heardFrom(pool)
    expect([pool.warm(3), pool.warm(2), pool.warm(3)]).toEqual([3, 3, 3])
    expect(heard).toEqual([['grow', { pool: 'heard', bufferSize: 64, count: 3, total: 3 }]])
    pool.destroy()
    expect(() => pool.warm(1)).toThrow(coded('ERR_POOL_CLOSED'))
  })

  it('say where a released buffer was written to, as a warning says too, from its first byte on', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = new BufferPool({ name: 'heard', bufferSize: 64, initialSize: 0, maxSize: 2, debug: 'poison' })
    const reports: PoolEvents['writeAfterRelease'][] = []
    pool.on('writeAfterRelease', (report) => reports.push(report))
    for (const offset of [0, 63]) {
      const buffer = pool.acquire()
      pool.release(buffer)
      buffer[offset] = 7
      const other = pool.acquire()
      expect(other).not.toBe(buffer)
      pool.release(other)
    }
    expect(reports.map(({ pool, bufferSize, offset }) => [pool, bufferSize, offset])).toEqual([
      ['heard', 64, 0],
      ['heard', 64, 63]
    ])
    for (const { acquiredAt, releasedAt } of reports) expect([acquiredAt, releasedAt].join()).toMatch(/arena-events[\s\S]*arena-events/)
    expect(warn.mock.calls).toMatchObject(
      reports.map(({ offset, acquiredAt, releasedAt }) => [
        `pool 'heard': byte ${offset} of a buffer of 64 bytes was written to after its release.`,
        { type: 'PoolWriteAfterReleaseWarning', detail: `Acquired:\n${acquiredAt}\nReleased:\n${releasedAt}\nThe buffer was withdrawn.` }
      ])
    )
    pool.destroy()
  })
})

describe('an acquire at the bounds of a pool', () => {
  it('takes exactly the largest size, and is refused one byte above it', () => {
    const pool = new SizeClassPool({ sizes: [64], maxLiveBytes: 128, maxIdleBytes: 128, oversize: 'unpooled' })
    const buffer = pool.acquire(128)
    expect(buffer.length).toBe(128)
    pool.release(buffer)
    expect(() => pool.acquire(129)).toThrow(coded('ERR_POOL_TOO_LARGE'))
    pool.destroy()
  })

  it('is ended by the pool that a listener of its exhaustion destroys', async () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 1 })
    pool.acquire()
    pool.once('exhausted', () => pool.destroy())
    await expect(pool.acquireAsync()).rejects.toThrow(coded('ERR_POOL_CLOSED'))
    expect(pool.stats().waiting).toBe(0)
  })

  it('waits where debug mode withdrew the only free buffer, and a release serves it', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = new SizeClassPool({ sizes: [64], maxSize: 2, maxLiveBytes: 128, maxIdleBytes: 128, debug: 'poison' })
    const [spoiled, held] = [pool.acquire(64), pool.acquire(64)]
    pool.release(spoiled)
    spoiled[3] = 1
    // As the damage is found, a listener takes the room of the buffer that was withdrawn.
    const taken: Buffer[] = []
    pool.once('writeAfterRelease', () => taken.push(pool.acquire(64)))
    const wait = pool.acquireAsync(64)
    expect(pool.stats().waiting).toBe(1)
    pool.release(held)
    const served = await wait
    expect(served.length).toBe(64)
    for (const buffer of [served, ...taken]) pool.release(buffer)
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0 })
    pool.destroy()
  })
})
