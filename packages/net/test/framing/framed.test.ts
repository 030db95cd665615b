import type { Lease } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { type Framing, framed } from '../../src/index.js'
import { randomFrom } from '../support/random.js'
import { numbered, taken, testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

const framings: Framing[] = ['u32be', 'varint', 'newline']

async function framedEnds(framing: Framing, options: object = {}) {
  const ends = await twoEnds({ pool: testPool(), ...options })
  return { ...ends, messages: framed(ends.connection, { framing }) }
}

describe.each(framings)('framed, %s', (framing) => {
  it('carries messages of any length to itself', async () => {
    const { connection, peer, pool, messages } = await framedEnds(framing, { maxUnsentBytes: 2 ** 30 })
    peer.pipe(peer)
    const random = randomFrom(7)
    const lengths = [0, 1, 127, 128, 4096, 4097, 16_383, 16_384, 65_536, 1_000_000, 3_000_000]
    for (let count = 0; count < 100; count++) lengths.push(Math.floor(random() ** 4 * 200_000))
    const sent = lengths.map((length) => numbered(length).map((byte) => (byte === 10 ? 11 : byte)) as Buffer)
    for (const [index, message] of sent.entries()) {
      if (index % 2 === 1 || message.length === 0) void messages.write(message)
      else {
        const lease = pool.lease(message.length)
        lease.buffer.set(message)
        void messages.write(lease)
      }
    }
    for (const message of sent) {
      const lease = messages.tryRead() ?? ((await messages.read()) as Lease<Buffer>)
      if (!lease.buffer.equals(message)) throw new Error(`a message of ${message.length} bytes came otherwise`)
      lease.release()
    }
    await connection.drain()
    await until(() => connection.unsentBytes === 0)
    connection.destroy()
    await connection.closed
    expect((pool as ReturnType<typeof testPool>).stats().inUse).toBe(0)
  }, 60_000)

  it('iterates until the peer ends', async () => {
    const { peer, messages } = await framedEnds(framing)
    const frames = { u32be: '\0\0\0\x02hi\0\0\0\0\0\0\0\x02ho', varint: '\x02hi\0\x02ho', newline: 'hi\n\nho\n' }
    peer.end(Buffer.from(frames[framing], 'latin1'))
    const got: string[] = []
    for await (const message of messages) got.push(taken(message))
    expect(got).toEqual(['hi', '', 'ho'])
    expect(await messages.read()).toBeUndefined()
  })

  it('calls a consumer with each message until the peer ends', async () => {
    const { peer, messages } = await framedEnds(framing)
    const seen: string[] = []
    const done = messages.consume((message) => void seen.push(taken(message)))
    await messages.write(Buffer.from('one'))
    await messages.write(Buffer.alloc(0))
    await messages.write(Buffer.from('three'))
    peer.pipe(peer)
    await until(() => seen.length === 3)
    expect(() => messages.tryRead()).toThrow(expect.objectContaining({ code: 'ERR_POOL_READ_PENDING' }))
    peer.end()
    await done
    expect(seen).toEqual(['one', '', 'three'])
  })

  it('takes messages that come byte by byte', async () => {
    const { peer, messages } = await framedEnds(framing)
    const frames = { u32be: '\0\0\x01\x00', varint: '\x80\x02', newline: '' }
    const frame = Buffer.from(`${frames[framing]}${'m'.repeat(256)}${framing === 'newline' ? '\n' : ''}`, 'latin1')
    const message = messages.read()
    for (const byte of frame) {
      peer.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    expect(taken(await message)).toBe('m'.repeat(256))
  })

  it('tells a message that was cut off from the end', async () => {
    const { peer, messages } = await framedEnds(framing)
    const frames = { u32be: '\0\0\0\x09half', varint: '\x09half', newline: 'half' }
    peer.end(Buffer.from(frames[framing], 'latin1'))
    await expect(messages.read()).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TRUNCATED' })
  })

  it('refuses a message that is too long, read or written, and takes no memory for it', async () => {
    const { connection, peer, pool } = await framedEnds(framing, { maxMessageBytes: 100 })
    const messages = framed(connection, { framing })
    expect(() => messages.write(Buffer.alloc(101))).toThrow(expect.objectContaining({ code: 'ERR_POOL_MESSAGE_TOO_LARGE' }))
    const frames = { u32be: '\0\0\0\x65', varint: '\x65', newline: 'x'.repeat(101) }
    peer.write(Buffer.from(frames[framing], 'latin1'))
    await expect(messages.read()).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_TOO_LARGE' })
    expect((pool as ReturnType<typeof testPool>).stats().inUseBytes).toBeLessThan(300)
  })

  it('goes on where a read was called off within a message', async () => {
    const { connection, peer, messages } = await framedEnds(framing)
    const frames = { u32be: ['\0\0\0', '\x08half', 'half'], varint: ['', '\x08half', 'half'], newline: ['', 'half', 'half\n'] }
    for (const part of frames[framing]) {
      if (part !== '') peer.write(Buffer.from(part, 'latin1'))
      if (part !== frames[framing][2]) {
        await until(() => part === '' || connection.readAheadBytes > 0)
        await expect(messages.read({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_TIMEOUT' })
      }
    }
    expect(taken(await messages.read())).toBe('halfhalf')
  })
})

describe('framed', () => {
  it('refuses a varint that is none', async () => {
    const { peer, messages } = await framedEnds('varint')
    peer.write(Buffer.alloc(20, 255))
    await expect(messages.read()).rejects.toMatchObject({ code: 'ERR_POOL_MESSAGE_MALFORMED' })
  })

  it('takes a length that is written with ten bytes, as readers of Protocol Buffers do', async () => {
    const { peer, messages } = await framedEnds('varint')
    peer.write(Buffer.from([0x82, ...Array<number>(8).fill(0x80), 0, 0x68, 0x69]))
    expect(taken(await messages.read())).toBe('hi')
  })

  it('refuses to write a line with a newline in it, and leaves the lease to the caller', async () => {
    const { pool, messages } = await framedEnds('newline')
    const lease = pool.lease(3)
    lease.buffer.set(Buffer.from('a\nb'))
    expect(() => messages.write(lease)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    lease.release()
  })

  it.each([undefined, 'text', [Buffer.alloc(1)], {}])('refuses to write %s', async (message) => {
    const { messages } = await framedEnds('u32be')
    expect(() => messages.write(message as Buffer)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })

  it('validates its options', async () => {
    const { connection } = await framedEnds('u32be')
    const code = expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    expect(() => framed({} as never)).toThrow(code)
    expect(() => framed(connection, { framing: 'u16' as never })).toThrow(code)
    expect(() => framed(connection, { maxMessageBytes: 2 ** 32 })).toThrow(code)
    expect(() => framed(connection, { frame: 1 } as never)).toThrow(code)
  })

  it('cuts short messages of one arrival out of one piece of memory, and has the system fill a long one', async () => {
    const pool = testPool()
    const { peer, messages, connection } = await framedEnds('u32be', { pool })
    const small = Buffer.alloc(14)
    small.writeUInt32BE(10)
    peer.write(Buffer.concat(Array.from({ length: 100 }, () => small)))
    await until(() => connection.readAheadBytes === 1400)
    const leases = Array.from({ length: 100 }, () => messages.tryRead() as Lease<Buffer>)
    expect(pool.stats().inUse).toBe(1)
    for (const lease of leases) lease.release()
    expect(pool.stats().inUse).toBe(0)
    const long = Buffer.alloc(4 + 2_000_000)
    long.writeUInt32BE(2_000_000)
    peer.write(long)
    const lease = (await messages.read()) as Lease<Buffer>
    expect(lease.buffer.length).toBe(2_000_000)
    // The landing, a segment, and the message: nothing was put together from pieces.
    expect(pool.stats().acquisitions).toBeLessThan(6)
    lease.release()
  })
})
