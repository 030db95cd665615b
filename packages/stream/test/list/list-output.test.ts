import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { PassThrough, type Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, constants, gunzipSync } from 'node:zlib'
import { BufferPool, SizeClassPool } from '@pool/core'
import { brotliInto, gzipInto, jsonInto, PooledBufferList } from '@pool/stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { patterned } from '../support/fragments.js'
import { until } from '../support/until.js'

const code = (error: string) => expect.objectContaining({ code: `ERR_POOL_${error}` })
let pool: SizeClassPool
let list: PooledBufferList
const content = patterned(300_000)

beforeEach(() => {
  pool = new SizeClassPool({ minClassBytes: 64 })
  list = new PooledBufferList({ pool, segmentBytes: 16_384 })
})

afterEach(() => {
  list.close()
  expect(pool.stats().inUse).toBe(0)
  pool.destroy()
})

/** Both ends of a connection. */
async function ends(): Promise<{ own: Socket; peer: Socket; close(): void }> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const own = connect((server.address() as AddressInfo).port)
  const [peer] = (await once(server, 'connection')) as [Socket]
  own.on('error', () => {})
  peer.on('error', () => {})
  return {
    own,
    peer,
    close() {
      own.destroy()
      peer.destroy()
      server.close()
    }
  }
}

async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('writeTo', () => {
  it('writes all segments in order, together, and gives them back once they are sent', async () => {
    const { own, peer, close } = await ends()
    const received = read(peer)
    const written: number[] = []
    own._writev = new Proxy(own._writev as NonNullable<Socket['_writev']>, {
      apply(target, self, [chunks, callback]) {
        written.push((chunks as unknown[]).length)
        Reflect.apply(target, self, [chunks, callback])
      }
    })
    await list.writeTo(own)
    list.write(content.subarray(0, 200_000)).append(content.subarray(200_000))
    const { segments } = list.stats()
    const promise = list.writeTo(own)
    expect(list.stats()).toMatchObject({ bytes: 0, segments: 0, heldBytes: 0 })
    list.write('the list goes on')
    await promise
    await list.writeTo(own)
    own.end()
    expect((await received).equals(Buffer.concat([content, Buffer.from('the list goes on')]))).toBe(true)
    expect(written[0]).toBe(segments)
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBe(0)
    close()
  })

  it.each(['destroy', 'resetAndDestroy'] as const)(
    'keeps memory that is still to be sent out of the pool until %s has ended the write',
    async (end) => {
      const { own, peer, close } = await ends()
      peer.pause()
      const promise = new PooledBufferList({ pool, segmentBytes: 1024 * 1024 }).write(Buffer.alloc(16_000_000)).writeTo(own)
      await sleep(10)
      const { inUse } = pool.stats()
      expect(inUse).toBeGreaterThan(0)
      own[end]()
      expect(pool.stats()).toMatchObject({ inUse, idleBytes: 0 })
      // Node 24 and later end the write with an error of their own.
      await expect(promise).rejects.toMatchObject({ code: expect.stringMatching(/^(ERR_POOL_STREAM_CLOSED|ECANCELED)$/) })
      await until(() => pool.stats().inUse === 0)
      close()
    }
  )

  it('leaves what another list shares to that list, when a write of it fails', async () => {
    const { own, close } = await ends()
    list.write(content)
    const shared = list.shallowSlice()
    void list.writeTo(own)
    void shared.shallowSlice().writeTo(own)
    own.destroy()
    await until(() => own.closed)
    expect(shared.equals(content)).toBe(true)
    expect(pool.stats().idleBytes).toBe(0)
    shared.close()
    await until(() => pool.stats().inUse === 0)
    close()
  })

  it('rejects on a stream that ended before, and gives the memory back', async () => {
    const { own, close } = await ends()
    own.destroy()
    list.write('too late')
    await expect(list.writeTo(own)).rejects.toEqual(code('STREAM_CLOSED'))
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    close()
  })

  it('withdraws what a failing stream was writing', async () => {
    let calls = 0
    const failing = new Writable({
      write(_chunk, _encoding, callback) {
        setImmediate(callback, ++calls === 2 ? new Error('disk full') : null)
      }
    }).on('error', () => {})
    list.write(content)
    await expect(list.writeTo(failing)).rejects.toThrow('disk full')
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBeGreaterThan(0)
  })

  it('refuses streams that hand the bytes on, and keeps the list', () => {
    list.write('kept')
    for (const stream of [new PassThrough(), new Writable({ objectMode: true }), {}, undefined]) {
      expect(() => list.writeTo(stream as never)).toThrow(code('INVALID_OPTION'))
    }
    expect(list.toString()).toBe('kept')
    list.close()
    expect(() => list.writeTo(new Writable())).toThrow(code('CLOSED'))
  })
})

describe('toReadable', () => {
  it('gives the bytes as chunks that the consumer may keep', async () => {
    list.write(content).append(content)
    const stream = list.toReadable()
    expect(list.length).toBe(0)
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    expect(pool.stats().inUse).toBe(0)
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(65_536)
    expect(Buffer.concat(chunks).equals(Buffer.concat([content, content]))).toBe(true)
    expect(await read(list.toReadable())).toEqual(Buffer.alloc(0))
  })

  it('gives back what is not read when it is destroyed, also before it began', async () => {
    for (const begin of [false, true]) {
      const stream = list.write(content).toReadable()
      if (begin) await once(stream, 'readable')
      stream.destroy()
      await finished(stream).catch(() => {})
      expect(pool.stats().inUse).toBe(0)
    }
  })

  it('takes a file in by reserve and commit and gives it out again', async () => {
    const path = new URL(import.meta.url)
    for await (const chunk of createReadStream(path)) {
      const bytes = chunk as Buffer
      bytes.copy(list.reserve(bytes.length))
      list.commit(bytes.length)
    }
    expect((await read(list.toReadable())).toString()).toContain('takes a file in by reserve')
  })
})

describe('jsonInto', () => {
  it('writes JSON as UTF-8, and says how many bytes', () => {
    const value = { text: 'ß😀'.repeat(20_000), list: [1, null] }
    list.write('> ')
    const bytes = jsonInto(list, value)
    expect(bytes).toBe(Buffer.byteLength(JSON.stringify(value)))
    expect(list.toString()).toBe(`> ${JSON.stringify(value)}`)
  })

  it('writes nothing for what has no JSON, and leaves the list as it was on an error', () => {
    expect([jsonInto(list, undefined), jsonInto(list, () => 1)]).toEqual([undefined, undefined])
    expect(() => jsonInto(list, 1n)).toThrow(TypeError)
    expect(() => jsonInto({} as never, 1)).toThrow(code('INVALID_OPTION'))
    const small = new PooledBufferList({ pool, maxBytes: 5 })
    expect(() => jsonInto(small, 'longer')).toThrow(code('LIST_FULL'))
    expect([list.length, small.length]).toEqual([0, 0])
  })
})

describe.each([
  ['gzipInto', gzipInto, gunzipSync, { level: 1 }, { level: 99 }],
  ['brotliInto', brotliInto, brotliDecompressSync, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } }, { chunkSize: -1 }]
] as const)('%s', (_, into, inflate, options, wrong) => {
  it('appends what it made of bytes and of lists, which stay the caller’s', async () => {
    list.write('> ')
    const bytes = await into(list, content, options)
    expect(list.length).toBe(2 + bytes)
    expect(inflate(list.toString('base64', 2) && Buffer.concat([...list]).subarray(2)).equals(content)).toBe(true)
    const source = new PooledBufferList({ pool, segmentBytes: 1024 }).write(content)
    const appended = into(list, source, options)
    source.close()
    await appended
    expect(inflate(Buffer.concat([...list]).subarray(2 + bytes)).equals(content)).toBe(true)
    expect(pool.stats().quarantined).toBe(0)
  })

  it('compresses nothing, and a list into itself', async () => {
    await into(list, new Uint8Array(0))
    const { length } = list
    expect(inflate(Buffer.concat([...list])).length).toBe(0)
    await into(list, list)
    expect(inflate(Buffer.concat([...list]).subarray(length)).equals(Buffer.concat([...list]).subarray(0, length))).toBe(true)
  })

  it('rejects with the reason of a signal, before and during, and leaves the list as it was', async () => {
    const source = new PooledBufferList({ pool }).write(Buffer.alloc(4_000_000, 'text'))
    await expect(into(list, source, { signal: AbortSignal.abort('early') })).rejects.toBe('early')
    const controller = new AbortController()
    const compressing = into(list, source, { signal: controller.signal })
    setTimeout(() => controller.abort('late'), 1)
    await expect(compressing).rejects.toBe('late')
    expect(list.length).toBe(0)
    source.close()
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().quarantined).toBeGreaterThan(0)
  })

  it('rejects where the list may not have more, or the pool has none, and leaves the list as it was', async () => {
    const full = new PooledBufferList({ pool, maxBytes: 1000 }).write(content.subarray(0, 990))
    await expect(into(full, content)).rejects.toEqual(code('LIST_FULL'))
    expect(full.length).toBe(990)
    full.close()
    const few = new BufferPool({ bufferSize: 256, maxSize: 1 })
    const small = new PooledBufferList({ pool: few, segmentBytes: 256 })
    await expect(into(small, Buffer.from(Array.from({ length: 5000 }, () => Math.random() * 256)))).rejects.toEqual(code('EXHAUSTED'))
    expect([small.length, few.stats().inUse]).toEqual([0, 0])
  })

  it('refuses what can not be', async () => {
    await expect(into({} as never, content)).rejects.toEqual(code('INVALID_OPTION'))
    await expect(into(list, 'text' as never)).rejects.toEqual(code('INVALID_OPTION'))
    await expect(into(list, content, null as never)).rejects.toEqual(code('INVALID_OPTION'))
    await expect(into(list, content, { signal: {} as never })).rejects.toEqual(code('INVALID_OPTION'))
    await expect(into(list, content, wrong)).rejects.toThrow(RangeError)
    list.close()
    await expect(into(list, content)).rejects.toEqual(code('CLOSED'))
  })
})
