import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PoolEvents } from '@pool/core'
import { checkFigures } from '@pool/core/testing'
import { describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../../tooling/vitest-config/src/expected-warnings.js'
import { SecureBufferPool } from '../../src/index.js'
import { backings } from '../backings.js'

expectWarnings('ERR_POOL_LEAK')

async function collect(until: () => boolean): Promise<void> {
  for (let turn = 0; turn < 50 && !until(); turn++) {
    globalThis.gc?.()
    await nextTurn()
  }
}

for (const backing of backings) {
  describe(`a secret on ${backing} that nobody released`, () => {
    it('is overwritten, counted, told, and its memory never used again', async () => {
      const pool = new SecureBufferPool({ backing, debug: 'poison' })
      const told: PoolEvents['leak'][] = []
      pool.on('leak', (event) => told.push(event))
      // A view made by hand keeps the memory, not the secret, and shows what becomes of it.
      const remains = lose(pool)
      await collect(() => told.length > 0)
      expect(told).toMatchObject([{ pool: pool.name, bufferSize: 32 }])
      expect(told[0]?.acquiredAt).toContain('leak-watch.gc.test')
      expect(remains.every((byte) => byte === 0xaa)).toBe(false)
      expect(remains.every((byte) => byte === 0)).toBe(false)
      expect(pool.stats()).toMatchObject({ leaked: 1, leakedBytes: 32, inUse: 0, liveBytes: 0 })
      checkFigures(pool.stats())
      const next = Array.from({ length: 500 }, () => pool.acquire(32))
      expect(next.some(({ buffer, byteOffset }) => buffer === remains.buffer && byteOffset === remains.byteOffset)).toBe(false)
      pool.destroy()
    })

    it('is found by its lease, too', async () => {
      const pool = new SecureBufferPool({ backing })
      const keep = () => void pool.lease(19)
      keep()
      await collect(() => pool.stats().leaked > 0)
      expect(pool.stats()).toMatchObject({ leaked: 1, inUse: 0 })
      pool.destroy()
    })

    it('is found although the lease before it, which was released, is kept, and so is a view of another length', async () => {
      const pool = new SecureBufferPool({ backing })
      const lease = pool.lease(32)
      lease.release()
      const keep = () => void pool.lease(32)
      keep()
      await collect(() => pool.stats().leaked > 0)
      const stale = pool.acquire(32)
      pool.release(stale)
      const keepOther = () => void pool.acquire(30)
      keepOther()
      await collect(() => pool.stats().leaked > 1)
      expect(pool.stats()).toMatchObject({ leaked: 2, inUse: 0 })
      expect([lease.released, stale.length]).toEqual([true, 32])
      pool.destroy()
    })

    it('gives its place to who waits', async () => {
      const pool = new SecureBufferPool({ backing, maxSecrets: 1 })
      lose(pool)
      const waiting = pool.acquireAsync(32, { timeoutMs: 20_000 })
      await collect(() => pool.stats().leaked > 0)
      expect((await waiting).length).toBe(32)
      pool.destroy()
    })
  })

  describe(`a secret on ${backing} of which somebody has a part`, () => {
    it('is no leak: a part by subarray or slice, and a part of that, keeps the whole', async () => {
      const pool = new SecureBufferPool({ backing })
      const parts = Array.from({ length: 20 }, () => pool.acquire(32).fill(0xaa).subarray(4).slice(2, 10).subarray(1))
      for (let turn = 0; turn < 10; turn++) {
        globalThis.gc?.()
        await nextTurn()
      }
      expect(pool.stats().leaked).toBe(0)
      expect(parts.every((part) => part.every((byte) => byte === 0xaa))).toBe(true)
      parts.length = 0
      await collect(() => pool.stats().leaked === 20)
      expect(pool.stats()).toMatchObject({ leaked: 20, inUse: 0 })
      pool.destroy()
    })
  })

  describe(`a pool on ${backing} that nobody destroyed`, () => {
    it('is collected with all its memory, though that is within reach of the end of the process', async () => {
      const references = Array.from({ length: 10 }, () => {
        const pool = new SecureBufferPool({ backing })
        pool.release(pool.acquire(32))
        return new WeakRef(pool)
      })
      // Looking at a WeakRef keeps what it refers to for the rest of the turn, so nobody looks before the end.
      let turns = 0
      await collect(() => ++turns > 10)
      // The last one may still lie in a register or on the stack.
      expect(references.filter((reference) => reference.deref() !== undefined).length).toBeLessThanOrEqual(1)
    })
  })
}

function lose(pool: SecureBufferPool): Uint8Array {
  const secret = pool.acquire(32).fill(0xaa)
  return new Uint8Array(secret.buffer, secret.byteOffset, 32)
}
