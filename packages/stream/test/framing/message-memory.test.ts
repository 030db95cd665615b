import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { MessageMemory } from '../../src/framing/message-memory.js'
import { messageOf } from '../support/frames.js'

const pool = new SizeClassPool({ name: 'memory-tests', maxClassBytes: 16 * 2 ** 20, clear: 'never' })

/** A pool that notes what is leased. */
function noting() {
  const leased: number[] = []
  const source = {
    name: pool.name,
    maxBytes: pool.maxBytes,
    acquire: pool.acquire.bind(pool),
    acquireAsync: pool.acquireAsync.bind(pool),
    release: pool.release.bind(pool),
    lease: (bytes: number) => {
      leased.push(bytes)
      return pool.lease(bytes)
    },
    leaseAsync: pool.leaseAsync.bind(pool)
  }
  return { leased, source }
}

describe('MessageMemory', () => {
  it.each([130, 600, 1000, 65_537, 1_000_000, 10 * 2 ** 20])(
    'leases less than four times what came, moves less than half of the message, and ends with exactly it (%i bytes)',
    (bytes) => {
      const { leased, source } = noting()
      const memory = new MessageMemory(source)
      const whole = messageOf(bytes)
      const each = Math.max(1, Math.ceil(bytes / 5000))
      for (let from = 0; from < bytes; from += each) {
        const to = Math.min(bytes, from + each)
        memory.append(whole, from, to, bytes)
        expect(leased.at(-1)).toBeLessThan(Math.max(4 * 128, 4 * (to + 1)))
      }
      expect(leased.at(-1)).toBe(bytes)
      expect(leased.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBeLessThan(bytes / 2)
      const message = memory.take()
      expect(message.buffer.equals(whole)).toBe(true)
      message.release()
      expect(pool.stats().outstanding).toBe(0)
    }
  )

  it('is as before when the pool refuses', () => {
    const { source } = noting()
    const memory = new MessageMemory(source)
    memory.append(messageOf(200), 0, 200, 2000)
    const lease = source.lease
    source.lease = () => {
      throw new Error('no')
    }
    expect(() => memory.append(messageOf(2000), 200, 2000, 2000)).toThrow('no')
    source.lease = lease
    expect(memory.length).toBe(200)
    memory.append(messageOf(2000), 200, 2000, 2000)
    const message = memory.take()
    expect(message.buffer.subarray(0, 200)).toEqual(messageOf(200))
    message.release()
    memory.release()
    expect(pool.stats().outstanding).toBe(0)
  })
})
