import { isPoolError } from '@pool/core'
import { checkFigures } from '@pool/core/testing'
import { describe, expect, it } from 'vitest'
import { type SecretLease, SecureBufferPool } from '../src/index.js'
import { backings } from './backings.js'

const sequences = 1_000_000

/** A generator with a seed, so that a failure can be repeated: Marsaglia's xorshift32. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** One request's secret: every byte of it is the request's mark. */
interface Held {
  readonly lease: SecretLease
  readonly mark: number
}

for (const [index, backing] of backings.entries()) {
  // The 10⁶ are shared out among the backings and modes.
  const count = sequences / backings.length / 2
  describe(`requests that share a pool on ${backing}`, () => {
    it('see no byte of each other, whatever they do in whichever order (zero mode)', () => {
      const seed = 20_261_121 + index
      const next = random(seed)
      const pool = new SecureBufferPool({ backing, maxSecrets: 64, maxIdleBytes: 2048, maxClassBytes: 256 })
      const held: Held[] = []
      for (let turn = 0; turn < count; turn++) {
        const isDone = held.length > 40 || (held.length > 0 && next(2) === 0)
        if (isDone) {
          const [request] = held.splice(next(held.length), 1) as [Held]
          if (!isAll(request.lease.buffer, request.mark)) expect.unreachable(`seed ${seed}, turn ${turn}: another request wrote here`)
          if (next(50) === 0) request.lease.discard()
          else request.lease.release()
        } else {
          const lease = pool.lease(1 + next(next(20) === 0 ? 400 : 64))
          if (!isAll(lease.buffer, 0)) expect.unreachable(`seed ${seed}, turn ${turn}: bytes of another request`)
          const mark = 1 + next(255)
          lease.buffer.fill(mark)
          held.push({ lease, mark })
        }
        if (next(5000) === 0) pool.trim()
      }
      checkFigures(pool.stats())
      for (const { lease } of held) lease.release()
      expect(pool.stats().inUse).toBe(0)
      pool.destroy()
    })

    it('see no byte of each other and no random block twice (random mode)', () => {
      const next = random(7 + index)
      const pool = new SecureBufferPool({ backing, fill: 'random', maxSecrets: 64 })
      const seen = new Set<string>()
      const held: Buffer[] = []
      const mark = Buffer.alloc(16, 0x5a)
      let taken = 0
      for (let turn = 0; turn < count; turn++) {
        if (held.length > 30 || (held.length > 0 && next(2) === 0)) {
          const [secret] = held.splice(next(held.length), 1) as [Buffer]
          if (!secret.equals(mark)) expect.unreachable('another request wrote here')
          pool.release(secret)
        } else {
          const secret = pool.acquire(16)
          seen.add(secret.toString('latin1'))
          taken++
          mark.copy(secret)
          held.push(secret)
        }
      }
      expect(seen.size).toBe(taken)
      expect(seen.has(mark.toString('latin1'))).toBe(false)
      for (const secret of held) pool.release(secret)
      pool.destroy()
    })
  })
}

describe('requests beyond the bounds', () => {
  it('are refused with ERR_POOL_EXHAUSTED and change nothing for the others', () => {
    const next = random(99)
    const pool = new SecureBufferPool({ backing: 'heap', maxSecrets: 8, maxLiveBytes: 4096, maxClassBytes: 1024 })
    const held: Held[] = []
    let refused = 0
    for (let turn = 0; turn < 100_000; turn++) {
      if (held.length > 0 && next(2) === 0) {
        const [request] = held.splice(next(held.length), 1) as [Held]
        if (!isAll(request.lease.buffer, request.mark)) expect.unreachable('another request wrote here')
        request.lease.release()
        continue
      }
      try {
        const lease = pool.lease(1 + next(1024))
        const mark = 1 + next(255)
        lease.buffer.fill(mark)
        held.push({ lease, mark })
      } catch (error) {
        if (!isPoolError(error, 'ERR_POOL_EXHAUSTED')) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(0)
    checkFigures(pool.stats())
    for (const { lease } of held) lease.release()
    pool.destroy()
  })
})

function isAll(bytes: Uint8Array, value: number): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== value) return false
  return true
}
