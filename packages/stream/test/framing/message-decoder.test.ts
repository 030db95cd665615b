import { Duplex, PassThrough, pipeline as pipelineOf, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BufferPool, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PooledMessage } from '../../src/framing/pooled-message.js'
import { createMessageDecoder, type MessageDecoder, type MessageDecoderOptions, MessageError } from '../../src/index.js'
import { cutBy, framed, framings, messageOf, prefix } from '../support/frames.js'
import { until } from '../support/until.js'

const pool = new SizeClassPool({ name: 'decoder-tests', clear: 'never' })
const three = [messageOf(5), messageOf(0), messageOf(900, 2)]

function decoderOf(options: MessageDecoderOptions = {}): MessageDecoder {
  return createMessageDecoder({ pool, ...options })
}

/** A pool of one buffer of 1 KiB. */
function poolOfOne(): BufferPool {
  return new BufferPool({ name: 'decoder-of-one', bufferSize: 1024, initialSize: 1, maxSize: 1 })
}

/** Cuts every so many bytes. */
function pieces(bytes: Buffer, each: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / each) }, (_, index) => bytes.subarray(index * each, (index + 1) * each))
}

async function collect(decoder: AsyncIterable<PooledMessage>): Promise<Buffer[]> {
  const messages: Buffer[] = []
  for await (using message of decoder) messages.push(Buffer.from(message.buffer))
  return messages
}

describe('createMessageDecoder', () => {
  it.each(framings)('reads %s by for await, in whatever chunks', async (framing) => {
    await expectNoLeaks(async () => {
      for (const each of [1, 2, 3, 100, 5000]) {
        const decoder = Readable.from(pieces(framed(framing, three), each), { objectMode: false }).pipe(decoderOf({ framing }))
        expect(await collect(decoder)).toEqual(three)
      }
    })
  })

  it.each(framings)('reads %s by data events, one message or a thousand a chunk, paused and resumed', async (framing) => {
    await expectNoLeaks(async () => {
      const many = Array.from({ length: 1000 }, (_, index) => messageOf(index % 50, index))
      const decoder = decoderOf({ framing })
      const found: Buffer[] = []
      decoder.on('data', (message: PooledMessage) => {
        found.push(Buffer.from(message.buffer))
        message.release()
        if (found.length % 7 !== 0) return
        decoder.pause()
        setImmediate(() => decoder.resume())
      })
      await pipeline(Readable.from([framed(framing, many), framed(framing, three)], { objectMode: false }), decoder)
      await until(() => found.length === 1003)
      expect(found).toEqual([...many, ...three])
    })
  })

  it('gives the same messages whatever the chunks, the high-water mark and the reader', async () => {
    const model = fc.asyncProperty(
      fc.constantFrom(...framings),
      fc.array(fc.nat(600), { maxLength: 20 }),
      fc.integer({ min: 1, max: 1500 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (framing, lengths, each, readableHighWaterMark, byEvents) => {
        const messages = lengths.map((length, index) => messageOf(length, index))
        const source = Readable.from(pieces(framed(framing, messages), each), { objectMode: false })
        const decoder = source.pipe(decoderOf({ framing, readableHighWaterMark }))
        if (!byEvents) {
          expect(await collect(decoder)).toEqual(messages)
          return
        }
        const found: Buffer[] = []
        decoder.on('data', (message: PooledMessage) => {
          found.push(Buffer.from(message.buffer))
          message.release()
        })
        await new Promise((resolve) => decoder.once('end', resolve))
        expect(found).toEqual(messages)
      }
    )
    await expectNoLeaks(() => fc.assert(model, { numRuns: 150 }))
  })

  it('parses no further than its reader wants', async () => {
    const decoder = decoderOf({ readableHighWaterMark: 4 })
    decoder.write(Buffer.alloc(40_000))
    await new Promise((resolve) => setImmediate(resolve))
    expect(decoder.readableLength).toBeLessThanOrEqual(4)
    expect(decoder.writableLength).toBe(40_000)
    decoder.destroy()
  })

  it('ends with an error at a message that is too long, and says where', async () => {
    await expectNoLeaks(async () => {
      const decoder = Readable.from([framed('u32be', [messageOf(5), messageOf(101)])], { objectMode: false })
      const failure = pipeline(decoder, decoderOf({ maxMessageBytes: 100 }), async (messages: AsyncIterable<PooledMessage>) => {
        for await (const message of messages) message.release()
      })
      await expect(failure).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TOO_LARGE', offset: 9, messageBytes: 101 })
    })
  })

  it.each(['events', 'for await'])('skips a message that is too long when told to, emits it, and goes on (%s)', async (reader) => {
    await expectNoLeaks(async () => {
      for (const each of [1, 7, 5000]) {
        const decoder = decoderOf({ maxMessageBytes: 100, onInvalid: 'skip' })
        const errors: MessageError[] = []
        decoder.on('messageError', (error: MessageError) => errors.push(error))
        const bytes = framed('u32be', [messageOf(5), messageOf(101), messageOf(6), messageOf(500), messageOf(7)])
        Readable.from(pieces(bytes, each), { objectMode: false }).pipe(decoder)
        const found: Buffer[] = []
        if (reader === 'for await') found.push(...(await collect(decoder)))
        else {
          decoder.on('data', (message: PooledMessage) => {
            found.push(Buffer.from(message.buffer))
            message.release()
          })
          await new Promise((resolve) => decoder.once('end', resolve))
        }
        expect(found).toEqual([messageOf(5), messageOf(6), messageOf(7)])
        expect(errors.map(({ code, offset }) => [code, offset])).toEqual([
          ['ERR_POOL_MESSAGE_TOO_LARGE', 9],
          ['ERR_POOL_MESSAGE_TOO_LARGE', 124]
        ])
        expect(errors[0]).toBeInstanceOf(MessageError)
      }
    })
  })

  it('takes no memory for a message that it skips', async () => {
    const own = poolOfOne()
    const decoder = createMessageDecoder({ pool: own, maxMessageBytes: 1000, onInvalid: 'skip' })
    const done = collect(decoder)
    for (const chunk of pieces(framed('u32be', [messageOf(100_000)]), 1000)) decoder.write(chunk)
    decoder.end(framed('u32be', [messageOf(3)]))
    expect(await done).toEqual([messageOf(3)])
    expect(own.stats().acquisitions).toBe(0)
    own.destroy()
  })

  it.each(['error', 'skip'] as const)('tells of a stream that ends inside a message (%s)', async (onInvalid) => {
    await expectNoLeaks(async () => {
      const decoder = decoderOf({ onInvalid })
      const told: unknown[] = []
      decoder.on('messageError', (error: MessageError) => told.push(error.code))
      const done = collect(Readable.from([framed('u32be', three).subarray(0, 500)], { objectMode: false }).pipe(decoder))
      if (onInvalid === 'error')
        await expect(done).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TRUNCATED', offset: 13, messageBytes: 900 })
      else expect(await done).toEqual(three.slice(0, 2))
      expect(told).toEqual(onInvalid === 'error' ? [] : ['ERR_POOL_MESSAGE_TRUNCATED'])
    })
  })

  it.each(['error', 'skip'] as const)('ends at a varint that is none (%s)', async (onInvalid) => {
    const decoder = decoderOf({ framing: 'varint', onInvalid })
    decoder.end(Buffer.alloc(20, 0xff))
    await expect(collect(decoder)).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_MALFORMED', offset: 0 })
  })

  it('waits while the pool is exhausted, takes nothing in meanwhile, and goes on', async () => {
    const own = poolOfOne()
    const taken = own.lease(1024)
    const decoder = createMessageDecoder({ pool: own, maxMessageBytes: 1024 })
    const done = collect(decoder)
    const bytes = framed('u32be', [messageOf(900), messageOf(800, 2)])
    let written = false
    decoder.write(bytes.subarray(0, 600), () => {
      written = true
    })
    await until(() => own.stats().waiting === 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toBe(false)
    taken.release()
    await until(() => written)
    decoder.write(bytes.subarray(600, 1400))
    decoder.end(bytes.subarray(1400))
    expect(await done).toEqual([messageOf(900), messageOf(800, 2)])
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('ends with the error of the pool where it may not wait, or has waited long enough', async () => {
    const own = poolOfOne()
    const taken = own.lease(1024)
    for (const [waitMs, code] of [
      [0, 'ERR_POOL_EXHAUSTED'],
      [5, 'ERR_POOL_ACQUIRE_TIMEOUT']
    ] as const) {
      const decoder = createMessageDecoder({ pool: own, maxMessageBytes: 1024, waitMs })
      decoder.write(framed('u32be', [messageOf(900)]).subarray(0, 600))
      await expect(collect(decoder)).rejects.toMatchObject({ code })
    }
    taken.release()
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('gives up its wait, and calls back what was written, when it is destroyed', async () => {
    const own = poolOfOne()
    const taken = own.lease(1024)
    const decoder = createMessageDecoder({ pool: own, maxMessageBytes: 1024 })
    const called: string[] = []
    decoder.write(framed('u32be', [messageOf(900)]).subarray(0, 600), () => called.push('first'))
    decoder.write('more', () => called.push('second'))
    await until(() => own.stats().waiting === 1)
    decoder.destroy()
    await until(() => called.length === 2)
    expect(own.stats().waiting).toBe(0)
    taken.release()
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('gives everything back wherever it is destroyed, what is queued too', async () => {
    const bytes = framed('u32be', [messageOf(30), messageOf(400, 2), messageOf(300, 3), messageOf(10, 4)])
    await expectNoLeaks(async () => {
      for (let chunks = 0; chunks * 50 < bytes.length; chunks++) {
        for (const turns of [0, 1, 2]) {
          const decoder = decoderOf()
          for (const chunk of pieces(bytes, 50).slice(0, chunks)) decoder.write(chunk)
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
          if (turns === 2) decoder.read()?.release()
          decoder.destroy()
          await new Promise((resolve) => decoder.once('close', resolve))
        }
      }
    })
    expect(pool.stats().outstanding).toBe(0)
  })

  it('gives everything back when its reader breaks off, throws or aborts, after any message', async () => {
    const messages = Array.from({ length: 12 }, (_, index) => messageOf(100 + index, index))
    await expectNoLeaks(async () => {
      for (let last = 0; last < 12; last++) {
        for (const way of ['break', 'throw', 'abort'] as const) {
          const controller = new AbortController()
          const decoder = decoderOf({ signal: controller.signal })
          pipelineOf(Readable.from(pieces(framed('u32be', messages), 64), { objectMode: false }), decoder, () => {})
          let count = 0
          const read = async () => {
            for await (using message of decoder) {
              expect(message.buffer.length).toBe(100 + count)
              if (count++ < last) continue
              if (way === 'break') break
              if (way === 'throw') throw new Error('enough')
              controller.abort()
            }
          }
          await read().catch((error: Error) =>
            expect(way === 'throw' ? error.message : error.name).toBe(way === 'throw' ? 'enough' : 'AbortError')
          )
          await until(() => decoder.closed)
        }
      }
    })
    expect(pool.stats().outstanding).toBe(0)
  })

  it('is destroyed at once by a signal that aborted before', async () => {
    const decoder = decoderOf({ signal: AbortSignal.abort() })
    await expect(collect(decoder)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('releases what nobody listens to', async () => {
    await expectNoLeaks(async () => {
      const decoder = Readable.from(pieces(framed('u32be', three), 100), { objectMode: false }).pipe(decoderOf())
      decoder.once('data', (message: PooledMessage) => message.release())
      await new Promise((resolve) => decoder.once('end', resolve))
    })
  })

  it('works in pipeline and compose', async () => {
    await expectNoLeaks(async () => {
      const found: Buffer[] = []
      const sink = new Writable({
        objectMode: true,
        write(message: PooledMessage, _encoding, callback) {
          found.push(Buffer.from(message.buffer))
          message.release()
          callback()
        }
      })
      await pipeline(Readable.from(pieces(framed('varint', three), 9), { objectMode: false }), decoderOf({ framing: 'varint' }), sink)
      expect(found).toEqual(three)
      const composed = Readable.from(pieces(framed('u32be', three), 9), { objectMode: false })
        .compose(new PassThrough())
        .compose(decoderOf())
      expect(await collect(composed as unknown as AsyncIterable<PooledMessage>)).toEqual(three)
    })
  })

  it('works as a web stream', async () => {
    await expectNoLeaks(async () => {
      const decoder = decoderOf()
      const { readable, writable } = Duplex.toWeb(decoder)
      const writer = writable.getWriter()
      const writing = (async () => {
        for (const chunk of pieces(framed('u32be', three), 50)) await writer.write(chunk)
        await writer.close()
      })()
      expect(await collect(readable as unknown as AsyncIterable<PooledMessage>)).toEqual(three)
      await writing
      const other = Readable.from(cutBy(framed('newline', [messageOf(5), messageOf(6)]), 0b1010101), { objectMode: false })
      const web = Readable.toWeb(other.pipe(decoderOf({ framing: 'newline' })))
      expect(await collect(web as unknown as AsyncIterable<PooledMessage>)).toEqual([messageOf(5), messageOf(6)])
    })
  })

  it.each([
    { framing: 'u16' },
    { maxMessageBytes: 0 },
    { maxMessageBytes: 2 ** 32 },
    { maxMessageBytes: 1025, pool: poolOfOne() },
    { waitMs: -1 },
    { maxPinnedBytes: 1.5 },
    { copyMessages: 1 },
    { onInvalid: 'ignore' },
    { pool: {} },
    { frame: 'u32be' },
    null
  ])('refuses options that cannot be: %o', (options) => {
    expect(() => createMessageDecoder(options as unknown as MessageDecoderOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    )
  })

  it('shares a pool where it was given none', async () => {
    const decoder = createMessageDecoder()
    decoder.end(prefix('u32be', 0))
    expect(await collect(decoder)).toEqual([Buffer.alloc(0)])
  })
})
