import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type Lease, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMessageDecoder, createMessageEncoder, type MessageEncoderOptions } from '../../src/index.js'
import { framed, framings, messageOf } from '../support/frames.js'

const pool = new SizeClassPool({ name: 'encoder-tests', clear: 'never' })
const lengths = [0, 1, 127, 128, 3000, 4095, 4096, 16_383, 16_384, 100_000]

/** The chunks that come out when all is written in one turn. */
async function chunksOf(options: MessageEncoderOptions, messages: readonly unknown[]): Promise<Buffer[]> {
  const encoder = createMessageEncoder({ readableHighWaterMark: 2 ** 24, ...options })
  const chunks: Buffer[] = []
  encoder.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const message of messages) encoder.write(message)
  encoder.end()
  await once(encoder, 'end')
  return chunks
}

describe('createMessageEncoder', () => {
  it.each(framings)('frames messages of any length by %s', async (framing) => {
    const messages = lengths.map((length, index) => messageOf(length, index))
    expect(Buffer.concat(await chunksOf({ framing }, messages)).equals(framed(framing, messages))).toBe(true)
  })

  it.each(framings)('is undone by the decoder, whatever is written, as bytes or leases (%s)', async (framing) => {
    const model = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(6000), fc.boolean()), { maxLength: 15 }),
      fc.integer({ min: 1, max: 5000 }),
      async (plan, highWaterMark) => {
        const messages = plan.map(([length], index) => messageOf(length, index))
        const written = messages.map((message, index) => {
          if (!plan[index]?.[1] || message.length === 0) return message
          const lease = pool.lease(message.length)
          lease.buffer.set(message)
          return lease
        })
        const found: Buffer[] = []
        const encoder = createMessageEncoder({ framing, readableHighWaterMark: highWaterMark })
        await pipeline(
          Readable.from(written),
          encoder,
          createMessageDecoder({ framing, pool }),
          async (decoded: AsyncIterable<unknown>) => {
            for await (const message of decoded as ReturnType<typeof createMessageDecoder>) {
              found.push(Buffer.from(message.buffer))
              message.release()
            }
          }
        )
        expect(found.map(({ length }) => length)).toEqual(messages.map(({ length }) => length))
        expect(Buffer.concat(found).equals(Buffer.concat(messages))).toBe(true)
      }
    )
    await expectNoLeaks(() => fc.assert(model, { numRuns: 60 }))
  })

  it('puts small messages of one turn into one chunk, and does not copy large ones', async () => {
    const large = messageOf(5000)
    const chunks = await chunksOf({}, [messageOf(10), messageOf(20), messageOf(0), large, messageOf(30)])
    expect(chunks.map(({ length }) => length)).toEqual([46, 5000, 34])
    expect(chunks[1]?.buffer).toBe(large.buffer)
  })

  it('sends what one turn wrote without waiting for more', async () => {
    const encoder = createMessageEncoder()
    encoder.write(messageOf(3))
    await once(encoder, 'readable')
    expect(encoder.read()).toEqual(framed('u32be', [messageOf(3)]))
    encoder.destroy()
  })

  it('takes each lease over as it is written, gives it back when it was encoded, and those that wait when it is destroyed', async () => {
    const encoder = createMessageEncoder({ readableHighWaterMark: 1 })
    const leases = [5000, 100, 5000, 7].map((bytes) => pool.lease(bytes))
    for (const lease of leases.slice(0, 3)) encoder.write(lease)
    encoder.end(leases[3])
    expect(leases.map(({ released }) => released)).toEqual([true, true, true, true])
    expect(pool.stats().outstanding).toBe(3)
    encoder.destroy()
    await once(encoder, 'close')
    expect(pool.stats().outstanding).toBe(0)
    encoder.write(pool.lease(5), () => {})
    expect(pool.stats().outstanding).toBe(0)
  })

  it('refuses at once that a lease which waits to be encoded is released by its giver', async () => {
    const encoder = createMessageEncoder({ readableHighWaterMark: 1 })
    encoder.write(messageOf(5000))
    const waiting = pool.lease(100)
    waiting.buffer.fill(7)
    encoder.end(waiting)
    expect(() => waiting.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    const next = pool.lease(100)
    next.buffer.fill(8)
    expect(await buffer(encoder)).toEqual(framed('u32be', [messageOf(5000), Buffer.alloc(100, 7)]))
    next.release()
    expect(pool.stats().outstanding).toBe(0)
  })

  it.each<[string, MessageEncoderOptions, () => unknown, string]>([
    ['too long', { maxMessageBytes: 10 }, () => messageOf(11), 'ERR_POOL_MESSAGE_TOO_LARGE'],
    ['a lease that is too long', { maxMessageBytes: 10 }, () => pool.lease(11), 'ERR_POOL_MESSAGE_TOO_LARGE'],
    ['a newline', { framing: 'newline' }, () => Buffer.from('a\nb'), 'ERR_POOL_MESSAGE_MALFORMED'],
    ['a string', {}, () => 'text', 'ERR_POOL_INVALID_OPTION'],
    ['an object', {}, () => ({}), 'ERR_POOL_INVALID_OPTION'],
    ['a lease without a buffer', {}, () => ({ retain() {}, release() {} }), 'ERR_POOL_INVALID_OPTION'],
    ['a lease that was released', {}, () => releasedLease(), 'ERR_POOL_LEASE_RELEASED']
  ])('refuses %s, and sends nothing of it', async (_, options, message, code) => {
    const encoder = createMessageEncoder(options)
    encoder.write(messageOf(5))
    await once(encoder, 'readable')
    expect(encoder.read()).toEqual(framed(options.framing ?? 'u32be', [messageOf(5)]))
    encoder.write(message())
    await expect(buffer(encoder)).rejects.toMatchObject({ code })
    expect(pool.stats().outstanding).toBe(0)
  })

  it('gives back, without autoDestroy, each lease that an error keeps from being encoded', async () => {
    const encoder = createMessageEncoder({ readableHighWaterMark: 1, maxMessageBytes: 6000, autoDestroy: false })
    const failed = once(encoder, 'error')
    for (const bytes of [5000, 6001, 100, 7]) encoder.write(pool.lease(bytes), () => {})
    // The first fills the readable side, so that the others wait.
    expect(pool.stats().outstanding).toBe(3)
    // Node 26 gives one chunk at a time.
    while (encoder.read() !== null);
    await expect(failed).resolves.toMatchObject([{ code: 'ERR_POOL_MESSAGE_TOO_LARGE' }])
    expect(encoder.destroyed).toBe(false)
    expect(pool.stats().outstanding).toBe(0)
    encoder.write(pool.lease(5), () => {})
    expect(pool.stats().outstanding).toBe(0)
    encoder.destroy()
  })

  it('gives back, without autoDestroy, a lease that is written after the end', async () => {
    const encoder = createMessageEncoder({ autoDestroy: false })
    encoder.end()
    const failed = once(encoder, 'error')
    encoder.write(pool.lease(5), () => {})
    await expect(failed).resolves.toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }])
    expect(pool.stats().outstanding).toBe(0)
    encoder.destroy()
  })

  it('is destroyed at once by a signal that aborted before', async () => {
    const encoder = createMessageEncoder({ signal: AbortSignal.abort() })
    await expect(buffer(encoder)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([{ framing: 'none' }, { maxMessageBytes: -1 }, { pool }, null])('refuses options that cannot be: %o', (options) => {
    expect(() => createMessageEncoder(options as unknown as MessageEncoderOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    )
  })
})

function releasedLease(): Lease {
  const lease = pool.lease(3)
  lease.release()
  return lease
}
