import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool, UnpooledPool } from '../src/index.js'

// The assignments are checked by `tsc`: each is refused for a bare `Buffer`.
describe('pooled buffers', () => {
  it.each([
    ['BufferPool', new BufferPool({ bufferSize: 8, maxSize: 4 })],
    ['SizeClassPool', new SizeClassPool()],
    ['UnpooledPool', new UnpooledPool()]
  ])('are typed as precisely as those of Buffer.alloc(): %s', async (_name, pool) => {
    const buffer = pool.acquire(8).fill(1)
    const memory: ArrayBuffer = buffer.buffer
    expect(memory).toBeInstanceOf(ArrayBuffer)
    expect(await new Blob([buffer.subarray(0, 8)]).text()).toBe('\u0001'.repeat(8))
    expect(await new Response(buffer.subarray(0, 8)).text()).toBe('\u0001'.repeat(8))
    expect((await crypto.subtle.digest('SHA-256', buffer)).byteLength).toBe(32)
    pool.release(buffer)

    using lease = await pool.leaseAsync(8)
    const leased: ArrayBuffer = lease.buffer.buffer
    expect(leased).toBeInstanceOf(ArrayBuffer)
  })
})
