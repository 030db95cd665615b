import { expect, it } from 'vitest'
import type { Wire } from '../../src/client/wire.js'
import { landsNothing } from '../../src/resp/reply.js'
import { ReplyReader } from '../../src/resp/reply-reader.js'
import { testPool } from '../support/test-pool.js'

// Before, the reader asked again and again for the few bytes that were at hand, and no timer or socket of the process had a turn.
it('a reply across two segments waits for memory while the pool has none', { timeout: 60_000 }, async () => {
  const pool = testPool(4096)
  const held = pool.lease(4096)
  const bytes = Buffer.from(`$200\r\n${'x'.repeat(200)}\r\n`)
  let at = 0
  let peeks = 0
  /** The first ten bytes lie alone; all that goes beyond them has to be moved together. */
  const view = (count: number): Buffer => {
    if (at + count > 10) pool.lease(1024).release()
    return bytes.subarray(at, at + count)
  }
  const wire = {
    get readAheadBytes() {
      return bytes.length - at
    },
    tryPeek: view,
    async peek(count: number) {
      peeks += 1
      if (peeks > 100) throw new Error('the reader asks without waiting')
      for (;;) {
        try {
          return view(count)
        } catch {
          await new Promise(setImmediate)
        }
      }
    },
    trySkip(count: number) {
      at += count
      return count
    }
  }
  const reading = new ReplyReader(wire as unknown as Wire, 4096).next(() => ({ lands: landsNothing }))
  setTimeout(() => held.release(), 5)
  expect(await reading).toBe('x'.repeat(200))
})
