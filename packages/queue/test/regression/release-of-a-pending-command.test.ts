import { expect, it } from 'vitest'
import { sendPooled } from '../../src/index.js'
import { testPool } from '../support/test-pool.js'

it('sends the bytes of a lease whose scope ends before the reply, and gives its memory to no other owner before', async () => {
  const pool = testPool()
  let words: readonly (string | Buffer)[] = []
  let reply: (answer: unknown) => void = () => {}
  const client = {
    sendCommand: (args: readonly (string | Buffer)[]) => {
      words = args
      return new Promise<unknown>((resolve) => {
        reply = resolve
      })
    }
  }
  let sent: Promise<unknown>
  {
    using lease = pool.lease(5000)
    lease.buffer.fill(1)
    sent = sendPooled(client, ['MSET', 'a', lease, 'b', lease])
    expect(lease.released).toBe(true)
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
  }
  expect(pool.stats().inUse).toBe(1)
  const next = pool.lease(5000)
  next.buffer.fill(2)
  const bytes = Buffer.alloc(5000, 1)
  expect(words).toEqual(['MSET', 'a', bytes, 'b', bytes])
  next.release()
  reply('OK')
  expect(await sent).toBe('OK')
  expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
})
