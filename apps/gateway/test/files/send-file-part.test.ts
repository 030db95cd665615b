import { SizeClassPool } from '@pool/core'
import { afterEach, describe, expect, test } from 'vitest'
import { downloadMemory } from '../../src/files/send-file-part.js'

let pool: SizeClassPool

afterEach(() => pool.destroy())

const onePool = () => {
  pool = new SizeClassPool({ minClassBytes: 1024, maxClassBytes: 1024, maxLiveBytes: 1024 })
  return pool
}

describe('what one download sees of a pool', () => {
  test('refuses the first lease at once where nothing is to wait, or after its time', async () => {
    const taken = onePool().lease(1)
    await expect(downloadMemory(pool, { firstMs: 0, laterMs: 60_000 }).leaseAsync(1)).rejects.toMatchObject({
      code: 'ERR_POOL_EXHAUSTED'
    })
    await expect(downloadMemory(pool, { firstMs: 5, laterMs: 60_000 }).acquireAsync(1)).rejects.toMatchObject({
      code: 'ERR_POOL_ACQUIRE_TIMEOUT'
    })
    taken.release()
  })

  test.each(['lease', 'acquire'] as const)('waits longer once it had memory: by %s', async (first) => {
    const memory = downloadMemory(onePool(), { firstMs: 0, laterMs: 60_000 })
    const buffer = first === 'lease' ? memory.lease(1) : memory.acquire(1)
    const waiting = memory.leaseAsync(1)
    expect(pool.stats().waiting).toBe(1)
    if ('release' in buffer) buffer.release()
    else memory.release(buffer)
    ;(await waiting).release()
  })

  test('is the pool otherwise', () => {
    const memory = downloadMemory(onePool(), { firstMs: 0, laterMs: 1 })
    expect([memory.name, memory.maxBytes]).toEqual([pool.name, pool.maxBytes])
  })
})
