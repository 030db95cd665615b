import { describe, expect, it } from 'vitest'
import { BufferPool } from '../src/index.js'

describe('giving very many buffers up', { timeout: 60_000 }, () => {
  it('leaves the accounts at once, wipes all of them in the end, and lets the event loop go on meanwhile', async () => {
    const count = 40_000
    const pool = new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: count, maxIdleBytes: 2 ** 30, maxLiveBytes: 2 ** 30 })
    const buffers = Array.from({ length: count }, () => pool.acquire())
    for (const buffer of buffers) pool.release(buffer)
    // A late writer, through the memory that it kept.
    for (const buffer of buffers) buffer[0] = 7
    expect(pool.trim()).toBe(count * 64)
    expect(pool.stats()).toMatchObject({ available: 0, total: 0, liveBytes: 0, trimmed: count })
    let turns = 0
    while (buffers.some((buffer) => buffer[0] === 7)) {
      await new Promise((resolve) => setImmediate(resolve))
      turns++
    }
    expect(turns).toBeGreaterThan(0)
    pool.destroy()
  })
})
