import { describe, expect, it } from 'vitest'
import { canRevoke } from '../../src/arena/wiping.js'
import { BufferPool, SizeClassPool } from '../../src/index.js'
import { checkFigures } from '../../src/testing.js'

/** Takes the memory of a buffer away although it is released; false where Node keeps marked memory (24), which is better still. */
function transferAway(buffer: Buffer): boolean {
  try {
    ;(buffer.buffer as unknown as { transfer(): void }).transfer()
  } catch {
    return false
  }
  return true
}

describe.runIf(canRevoke)('memory that is transferred away after its release (needs ArrayBuffer.prototype.transfer: Node 22)', () => {
  it('does not keep the pool from being trimmed, evicted or destroyed', () => {
    const pool = new SizeClassPool({ sizes: [64], maxLiveBytes: 200, maxIdleBytes: 200 })
    const stale = () => {
      const buffer = pool.acquire(64)
      pool.release(buffer)
      transferAway(buffer)
    }
    stale()
    expect(pool.trim()).toBe(64)
    stale()
    pool.release(pool.acquire(190))
    stale()
    pool.destroy()
    expect(pool.stats()).toMatchObject({ available: 0, liveBytes: 0, inUse: 0 })
  })

  it.each([{ clear: 'acquire' }, { debug: 'poison' }] as const)('is not handed out where each acquire is attended to: %o', (options) => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, ...options })
    const stale = pool.acquire()
    pool.release(stale)
    const isGone = transferAway(stale)
    const next = pool.acquire()
    expect(next.length).toBe(64)
    expect(pool.stats().quarantined).toBe(isGone ? 1 : 0)
    checkFigures(pool.stats())
    pool.release(next)
    pool.destroy()
  })
})
