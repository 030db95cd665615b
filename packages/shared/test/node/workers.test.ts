import { once } from 'node:events'
import { expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { startThread } from '../support/thread.js'

it('hands blocks to a worker and back, and is told of all that the worker does without a message', { timeout: 60_000 }, async () => {
  const pool = SharedPool.create({ type: Float64Array, shape: 16, blocks: 256, threads: 2, channels: 2 })
  const thread = startThread(new URL('./echo-thread.ts', import.meta.url), { token: pool.token(), turns: 10_000 })
  let sent = 0
  let back = 0
  while (back < 10_000) {
    const handle = sent < 10_000 ? pool.acquire() : -1
    if (handle >= 0) {
      pool.view(handle).fill(sent)
      if (pool.send(0, handle)) sent++
      else pool.release(handle)
    }
    for (let received = pool.receive(1); received >= 0; received = pool.receive(1)) {
      expect(pool.view(received)[15]).toBe(2 * back++)
      pool.release(received)
    }
  }
  await once(thread, 'exit')
  expect(pool.stats()).toMatchObject({ inUse: 0, inFlight: 0, available: 256 })
  expect(pool.stats().threads[1]).toMatchObject({ attached: false, sent: 10_000, received: 10_000, out: 0 })
})
