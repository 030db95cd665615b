import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SizeClassPool } from '@pool/core'
import { describe, expect, it, vi } from 'vitest'
import { createMessageDecoder, type MessageDecoder, type PooledMessage } from '../../src/index.js'

const messages = 40

/** A decoder with messages that each span chunks, so that all of them lie in memory of the pool. */
function filled(): { pool: SizeClassPool; decoder: MessageDecoder } {
  const pool = new SizeClassPool({ leakDetection: 'off' })
  const decoder = createMessageDecoder({ framing: 'u32be', pool })
  decoder.on('error', () => {})
  const frame = Buffer.alloc(104)
  frame.writeUInt32BE(100)
  for (let count = 0; count < messages; count++) for (let at = 0; at < 104; at += 52) decoder.write(frame.subarray(at, at + 52))
  return { pool, decoder }
}

const first = async (source: AsyncIterable<PooledMessage>): Promise<void> => {
  for await (const message of source) {
    message.release()
    return
  }
}

const ways: Record<string, (decoder: MessageDecoder) => Promise<unknown>> = {
  'for await': first,
  'an iterator that leaves the decoder alive, and destroy()': async (decoder) => {
    await first(decoder.iterator({ destroyOnReturn: false }))
    decoder.destroy()
  },
  'take()': (decoder) => first(decoder.take(1)),
  'map()': (decoder) => first(decoder.map((message) => message)),
  'pipeline with a generator function': (decoder) => pipeline(decoder, first),
  'pipeline with a Writable that fails': (decoder) => {
    const failing = new Writable({
      objectMode: true,
      write(message: PooledMessage, _, done) {
        message.release()
        done(new Error('full'))
      }
    })
    return pipeline(decoder, failing).catch(() => {})
  },
  'a Web Stream without a queue': async (decoder) => {
    const reader = Readable.toWeb(decoder, { strategy: { highWaterMark: 0 } }).getReader()
    const { value } = await reader.read()
    ;(value as PooledMessage).release()
    await reader.cancel()
  }
}

describe('a decoder whose consumer stops after one message gets all others back', () => {
  for (const [title, leave] of Object.entries(ways)) {
    it(`by ${title}`, async () => {
      const { pool, decoder } = filled()
      expect(pool.stats().inUse).toBeGreaterThan(10)
      await leave(decoder)
      await vi.waitFor(() => expect(pool.stats().inUse).toBe(0), { timeout: 20_000 })
    })
  }
})
