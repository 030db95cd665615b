import { describe, expect, it } from 'vitest'
import { sendPooled } from '../../src/index.js'
import { testPool } from '../support/test-pool.js'

class ErrorReply extends Error {}
class SimpleError extends ErrorReply {}

/** The memory that the next lease gets, and the one after it. */
function nextMemory(pool: ReturnType<typeof testPool>): Set<ArrayBufferLike> {
  const leases = [pool.lease(5000), pool.lease(5000)]
  const memory = new Set(leases.map(({ buffer }) => buffer.buffer))
  for (const lease of leases) lease.release()
  return memory
}

describe('sendPooled', () => {
  it.each([
    ['the reply', async () => 'OK', true],
    ['an error that Redis answered', async () => Promise.reject(new SimpleError('WRONGTYPE')), true],
    ['a timeout of the client', async () => Promise.reject(new Error('Command timed out')), false],
    [
      'a client that throws',
      () => {
        throw new Error('closed')
      },
      false
    ]
  ])('after %s the memory is free: %s', async (_, sendCommand, isFree) => {
    const pool = testPool()
    const lease = pool.lease(5000)
    const memory = lease.buffer.buffer
    const seen: unknown[] = []
    const client = {
      sendCommand: (args: readonly (string | Buffer)[]) => {
        seen.push(...args)
        return sendCommand()
      }
    }
    await sendPooled(client, ['SET', 'a', lease, 'PX', 7]).catch(() => {})
    expect(seen.map((word) => (Buffer.isBuffer(word) ? word.length : word))).toEqual(['SET', 'a', 5000, 'PX', '7'])
    expect(lease.released).toBe(true)
    expect(pool.stats().inUse).toBe(0)
    expect(nextMemory(pool).has(memory)).toBe(isFree)
  })

  it('refuses what is wrong before anything is sent, and keeps no lease', async () => {
    const pool = testPool()
    const client = { sendCommand: () => Promise.reject(new Error('was sent')) }
    const released = pool.lease(10)
    released.release()
    for (const [parts, code] of [
      ['SET', 'ERR_POOL_INVALID_OPTION'],
      [['SET', pool.lease(100), undefined], 'ERR_POOL_INVALID_OPTION'],
      [['SET', pool.lease(100), released], 'ERR_POOL_LEASE_RELEASED']
    ] as const) {
      await expect(sendPooled(client, parts as never)).rejects.toMatchObject({ code })
    }
    await expect(sendPooled({} as never, ['SET', pool.lease(100)])).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
    expect(pool.stats().inUse).toBe(0)
  })
})
