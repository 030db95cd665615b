import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool } from '../../src/index.js'

type Hung = Buffer & { user?: string }

describe('what one owner hangs on a buffer', () => {
  it.each(['release', 'acquire'] as const)('reaches no next owner of an acquire (clear: %s)', (clear) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, clear })
    const buffer: Hung = pool.acquire()
    buffer.user = 'ada'
    pool.release(buffer)
    const next: Hung = pool.acquire()
    expect(next.buffer).toBe(buffer.buffer)
    expect(next.user).toBeUndefined()
    pool.release(next)
    pool.destroy()
  })

  it('can not be hung on the memory behind a buffer, which all owners share', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const buffer = pool.acquire()
    expect(() => Object.assign(buffer.buffer, { user: 'ada' })).toThrow(TypeError)
    expect('user' in buffer.buffer).toBe(false)
    pool.release(buffer)
    pool.destroy()
  })

  it.each([32, 64])('reaches no next owner of a lease of %i of 64 bytes', (bytes) => {
    const pool = new SizeClassPool({ sizes: [64], maxSize: 1 })
    for (let turn = 0; turn < 3; turn++) {
      const lease = pool.lease(bytes)
      const buffer: Hung = lease.buffer
      expect(buffer.user).toBeUndefined()
      buffer.user = 'ada'
      lease.release()
    }
    pool.destroy()
  })

  it('changes nothing of what the pool does with it', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, debug: 'poison' })
    const buffer = pool.acquire()
    buffer[0] = 7
    for (const name of ['fill', 'length', 'byteLength', 'buffer', 'subarray']) Object.defineProperty(buffer, name, { value: 3 })
    pool.release(buffer)
    const next = pool.acquire()
    expect([next.length, next[0], pool.stats().quarantined]).toEqual([64, 0, 0])
    pool.release(next)
    pool.destroy()
  })

  it('lets a second release of the old view reach no later owner', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1 })
    const stale = pool.acquire()
    pool.release(stale)
    const next = pool.acquire()
    expect(() => pool.release(stale)).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(pool.stats().inUse).toBe(1)
    pool.release(next)
    pool.destroy()
  })
})
