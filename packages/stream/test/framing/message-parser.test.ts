import { BufferPool, SizeClassPool } from '@pool/core'
import type { Framing } from '@pool/core/kit'
import { expectNoLeaks } from '@pool/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MessageParsingOptions, parsingSettings } from '../../src/framing/framing-options.js'
import { MessageError } from '../../src/framing/message-error.js'
import { MessageParser } from '../../src/framing/message-parser.js'
import type { PooledMessage } from '../../src/framing/pooled-message.js'
import { cutBy, framed, framings, messageOf, prefix } from '../support/frames.js'
import { operationsOf } from '../support/operations.js'
import { randomFrom } from '../support/random.js'

const pool = new SizeClassPool({ name: 'parser-tests', clear: 'never' })

function parserOf(framing: Framing, options: MessageParsingOptions = {}): MessageParser {
  return new MessageParser(parsingSettings({ framing, pool, ...options }, []))
}

interface Found {
  readonly messages: Buffer[]
  readonly offsets: number[]
  readonly errors: (string | undefined)[]
}

/** All that a parser finds, each message copied and released. */
function parse(parser: MessageParser, chunks: readonly Buffer[]): Found {
  const found: Found = { messages: [], offsets: [], errors: [] }
  for (const chunk of chunks) {
    parser.write(chunk)
    for (;;) {
      try {
        const message = parser.next()
        if (message === undefined) break
        found.messages.push(Buffer.from(message.buffer))
        found.offsets.push(parser.messageOffset)
        message.release()
      } catch (error) {
        found.errors.push(codeOf(error as Error))
        if (parser.isOver) break
      }
    }
  }
  const error = parser.end()
  if (error !== undefined) found.errors.push(codeOf(error))
  return found
}

function codeOf(error: Error): string {
  return error instanceof MessageError ? `${error.code}@${error.offset}:${error.messageBytes}` : error.message
}

describe('MessageParser', () => {
  it.each(framings)('finds the messages of %s however a small stream is cut', async (framing) => {
    const expected = [messageOf(2), messageOf(0), messageOf(1, 3)]
    const bytes = framed(framing, expected)
    await expectNoLeaks(() => {
      for (let cuts = 0; cuts < 1 << (bytes.length - 1); cuts++) {
        const found = parse(parserOf(framing), cutBy(bytes, cuts))
        if (found.errors.length > 0 || Buffer.compare(framed(framing, found.messages), bytes) !== 0)
          expect(found.messages).toEqual(expected)
        if (found.messages.length !== expected.length) expect(found.messages).toEqual(expected)
      }
    })
  })

  it.each(framings)('finds any messages of %s in any chunks, and where each begins', async (framing) => {
    const message = fc
      .uint8Array({ maxLength: 700 })
      .map((bytes) => Buffer.from(framing === 'newline' ? bytes.map((byte) => byte || 1) : bytes))
    const withoutNewline = message.map((bytes) =>
      framing === 'newline' ? Buffer.from(bytes.map((byte) => (byte === 10 ? 11 : byte))) : bytes
    )
    await expectNoLeaks(() =>
      fc.assert(
        fc.property(
          fc.array(withoutNewline, { maxLength: 12 }),
          fc.array(fc.nat(3000), { maxLength: 12 }),
          fc.constantFrom(0, 64, 65_536),
          fc.boolean(),
          (messages, cuts, maxPinnedBytes, copyMessages) => {
            const bytes = framed(framing, messages)
            const ends = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length])]
            const chunks = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end))
            const found = parse(parserOf(framing, { maxPinnedBytes, copyMessages }), chunks)
            expect(found.errors).toEqual([])
            expect(found.messages).toEqual(messages)
            expect(found.offsets).toEqual(messages.map((_, index) => framed(framing, messages.slice(0, index)).length))
          }
        ),
        { numRuns: 300 }
      )
    )
  })

  it.each(framings)('hands over what lies within a chunk of %s without a copy', (framing) => {
    const chunk = framed(framing, [messageOf(5), messageOf(300, 2)])
    const parser = parserOf(framing)
    parser.write(chunk)
    for (let message = parser.next(); message !== undefined; message = parser.next()) {
      expect(message.buffer.buffer).toBe(chunk.buffer)
      message.release()
    }
    expect(pool.stats().outstanding).toBe(0)
  })

  it('copies what would keep a much larger chunk alive, and all where that is asked for', () => {
    const large = Buffer.from(new ArrayBuffer(200_000))
    framed('u32be', [messageOf(13_000, 2), messageOf(100)]).copy(large)
    const parser = parserOf('u32be')
    parser.write(large.subarray(0, 13_108))
    const other = parser.next()
    const small = parser.next()
    expect(small?.buffer).toEqual(messageOf(100))
    expect([small?.buffer.buffer === large.buffer, other?.buffer.buffer === large.buffer]).toEqual([false, true])
    small?.release()
    other?.release()
    const copying = parserOf('u32be', { copyMessages: true })
    copying.write(large.subarray(13_004, 13_108))
    const copied = copying.next()
    expect(copied?.buffer.buffer).not.toBe(large.buffer)
    copied?.release()
    expect(pool.stats().outstanding).toBe(0)
  })

  it.each(framings)('copies a chunk once where many messages of %s would keep much more alive', (framing) => {
    const messages = Array.from({ length: 500 }, (_, index) => messageOf(50 + (index % 100), index))
    const frames = framed(framing, messages)
    const large = Buffer.from(new ArrayBuffer(2 ** 20))
    frames.copy(large, 1000)
    const own = new SizeClassPool({ name: `parser-chunk-copies-${framing}`, clear: 'never' })
    const parser = parserOf(framing, { pool: own })
    const found: PooledMessage[] = []
    const offsets: number[] = []
    for (const [from, to] of [
      [0, 20_000],
      [20_000, frames.length]
    ] as const) {
      parser.write(large.subarray(1000 + from, 1000 + to))
      for (let message = parser.next(); message !== undefined; message = parser.next()) {
        found.push(message)
        offsets.push(parser.messageOffset)
      }
    }
    large.fill(0)
    expect(found.map((message) => message.buffer)).toEqual(messages)
    expect(offsets).toEqual(messages.map((_, index) => framed(framing, messages.slice(0, index)).length))
    expect(found.every((message) => message.buffer.buffer.byteLength <= 131_072)).toBe(true)
    // One message spans the two chunks.
    expect(own.stats().acquisitions).toBeLessThan(4)
    for (const message of found) message.release()
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('takes memory as bytes arrive, not as the prefix claims', () => {
    const own = new SizeClassPool({ name: 'parser-claims', clear: 'never', maxClassBytes: 16 * 2 ** 20 })
    const parser = parserOf('u32be', { pool: own })
    parser.write(Buffer.concat([prefix('u32be', 10 * 2 ** 20), Buffer.from('ab')]))
    expect(parser.next()).toBeUndefined()
    expect(own.stats().inUseBytes).toBeLessThanOrEqual(1024)
    for (let came = 2; came < 2 ** 20; came += 65_536) {
      parser.write(Buffer.alloc(65_536))
      parser.next()
      // Less than four times what came; the pool's size class may be twice that.
      expect(own.stats().inUseBytes).toBeLessThanOrEqual(8 * (came + 65_536))
    }
    parser.close()
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it.each(framings)('says where a message of %s is too long, and goes on behind it however it is cut', (framing) => {
    const bytes = framed(framing, [messageOf(2), messageOf(7, 2), messageOf(1, 3)])
    const offset = framed(framing, [messageOf(2)]).length
    for (const cuts of [0, ~0, 0b1010101, 0b110110, 0b1000010000]) {
      const found = parse(parserOf(framing, { maxMessageBytes: 4 }), cutBy(bytes, cuts))
      expect(found.messages).toEqual([messageOf(2), messageOf(1, 3)])
      expect(found.errors).toHaveLength(1)
      expect(found.errors[0]).toMatch(`ERR_POOL_MESSAGE_TOO_LARGE@${offset}:`)
    }
  })

  it.each(framings)('says where a stream of %s was cut off', (framing) => {
    const bytes = framed(framing, [messageOf(2), messageOf(40, 2)])
    const first = framed(framing, [messageOf(2)]).length
    for (let end = first + 1; end < bytes.length; end++) {
      const found = parse(parserOf(framing), [bytes.subarray(0, end)])
      expect(found.messages).toEqual([messageOf(2)])
      expect(found.errors[0]).toMatch(`ERR_POOL_MESSAGE_TRUNCATED@${first}:`)
    }
    expect(parse(parserOf(framing), [bytes.subarray(0, first)]).errors).toEqual([])
    expect(pool.stats().outstanding).toBe(0)
  })

  it('takes lengths that are written with up to ten bytes, as readers of Protocol Buffers do', () => {
    const message = messageOf(5)
    for (let bytes = 1; bytes <= 10; bytes++) {
      const length = Buffer.alloc(bytes, 0x80)
      length[0] = bytes === 1 ? 5 : 0x85
      if (bytes > 1) length[bytes - 1] = 0
      const whole = Buffer.concat([length, message, framed('varint', [message])])
      for (const chunks of [[whole], cutBy(whole, 0b1010101010101)]) {
        const found = parse(parserOf('varint'), chunks)
        expect(found).toEqual({ messages: [message, message], offsets: [0, bytes + 5], errors: [] })
      }
    }
    const eleven = Buffer.concat([Buffer.from([0x85]), Buffer.alloc(9, 0x80), Buffer.alloc(1), message])
    expect(parse(parserOf('varint'), [eleven]).errors).toEqual(['ERR_POOL_MESSAGE_MALFORMED@0:0'])
    const huge = Buffer.concat([Buffer.alloc(9, 0x80), Buffer.from([1]), message])
    expect(parse(parserOf('varint'), [huge]).errors).toEqual(['ERR_POOL_MESSAGE_MALFORMED@0:0'])
  })

  it('cannot go on behind a varint that is none', () => {
    const malformed = Buffer.concat([framed('varint', [messageOf(2)]), Buffer.alloc(9, 0xff), framed('varint', [messageOf(2)])])
    for (const chunks of [[malformed], cutBy(malformed, ~0)]) {
      const found = parse(parserOf('varint'), chunks)
      expect(found.messages).toEqual([messageOf(2)])
      expect(found.errors[0]).toBe('ERR_POOL_MESSAGE_MALFORMED@3:0')
    }
  })

  it('goes on with a message once the pool has memory for it', async () => {
    const own = new BufferPool({ name: 'parser-exhausted', bufferSize: 1024, initialSize: 1, maxSize: 1 })
    const taken = own.lease(1024)
    const parser = parserOf('u32be', { pool: own, maxMessageBytes: 1024 })
    const bytes = framed('u32be', [messageOf(900)])
    parser.write(bytes.subarray(0, 700))
    expect(() => parser.next()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    const waited = parser.wait({ timeoutMs: 5000 })
    taken.release()
    await waited
    expect(parser.next()).toBeUndefined()
    parser.write(bytes.subarray(700))
    const message = parser.next()
    expect(message?.buffer).toEqual(messageOf(900))
    message?.release()
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('gives memory back that comes when it was closed', async () => {
    const own = new BufferPool({ name: 'parser-closed', bufferSize: 1024, initialSize: 1, maxSize: 1 })
    const taken = own.lease(1024)
    const parser = parserOf('u32be', { pool: own, maxMessageBytes: 1024 })
    parser.write(framed('u32be', [messageOf(900)]).subarray(0, 700))
    expect(() => parser.next()).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    const waited = parser.wait({ timeoutMs: 5000 })
    parser.close()
    taken.release()
    await waited
    expect(own.stats().outstanding).toBe(0)
    own.destroy()
  })

  it('survives mutated frames: what it gives is what stands there, and nothing stays out', { timeout: 120_000 }, async () => {
    const enough = operationsOf(1_000_000)
    const random = randomFrom(20_261_121)
    const maxMessageBytes = 200
    const bytes = Buffer.alloc(4096)
    let frames = 0
    let given = 0
    await expectNoLeaks(() => {
      for (let round = 0; frames < enough; round++) {
        const framing = framings[round % 3] as Framing
        const parser = parserOf(framing, { maxMessageBytes })
        let end = 0
        for (; end < bytes.length - 300; frames++) {
          const length = Math.floor(random() ** 4 * 220)
          if (framing === 'u32be') end = bytes.writeUInt32BE(length, end)
          else if (framing === 'varint') end = bytes.writeUInt8(length % 128, end)
          end = bytes.fill(round % 256, end, end + length).length && end + length
          if (framing === 'newline') end = bytes.writeUInt8(10, end)
          if (random() < 0.1) bytes[Math.floor(random() * end)] = Math.floor(random() * 256)
        }
        for (let from = 0; from < end && !parser.isOver; ) {
          const to = Math.min(end, from + 1 + Math.floor(random() * 1500))
          parser.write(bytes.subarray(from, to))
          for (;;) {
            let message: PooledMessage | undefined
            try {
              message = parser.next()
            } catch {
              if (parser.isOver) break
              continue
            }
            if (message === undefined) break
            given++
            // The bytes stand in the stream behind the prefix that the offset points at.
            const { buffer } = message
            const body =
              parser.messageOffset + (framing === 'u32be' ? 4 : 0) + (framing === 'varint' ? prefixBytes(bytes, parser.messageOffset) : 0)
            if (buffer.length > maxMessageBytes || buffer.compare(bytes, body, body + buffer.length) !== 0)
              expect.unreachable('a changed message')
            message.release()
          }
          from = to
        }
        parser.end()
      }
    })
    expect(frames).toBeGreaterThanOrEqual(enough)
    expect(given).toBeGreaterThan(enough / 10)
  })
})

function prefixBytes(bytes: Buffer, from: number): number {
  let at = from
  while ((bytes[at] as number) > 127) at++
  return at - from + 1
}
