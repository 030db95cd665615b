import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { BufferPool, SizeClassPool } from '@pool/core'
import { createPooledReadStream, type PooledReadStream } from '@pool/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
const bytes = pattern(50_000)
const path = folder.file(bytes)
let pool = new BufferPool({ bufferSize: 1000 })

afterEach(() => {
  pool = new BufferPool({ bufferSize: 1000 })
})

async function readable(): Promise<PooledReadStream> {
  const stream = createPooledReadStream(path, { pool, chunks: 'release', highWaterMark: 1000 })
  await once(stream, 'readable')
  return stream
}

async function destroyed(stream: PooledReadStream): Promise<void> {
  stream.destroy()
  await until(() => stream.closed)
}

/** Writes over all memory that the pool would give to its next users. */
function spoil(): void {
  const leases = Array.from({ length: 20 }, () => pool.lease(1000))
  for (const lease of leases) lease.buffer.fill(0xee)
  for (const lease of leases) lease.release()
}

describe("chunks: 'release', whatever the reader takes", () => {
  it.each([[1], [16], [999]])('leaves %i bytes of a chunk to the reader, and what follows too', async (size) => {
    const stream = await readable()
    const head: Buffer = stream.read(size)
    const rest: Buffer = stream.read()
    await destroyed(stream)
    spoil()
    expect(Buffer.concat([head, rest]).equals(bytes.subarray(0, size + rest.length))).toBe(true)
    expect(stream.release(head)).toBe(false)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('reads the whole file in parts of any size, with nothing out at the end', async () => {
    const stream = await readable()
    const parts: Buffer[] = []
    let size = 1
    stream.on('readable', () => {
      for (let part = stream.read(size) as Buffer | null; part !== null; part = stream.read(size)) {
        parts.push(part)
        size = (size % 700) + 13
      }
      // Less than `size` is there, and no more comes while it lies there.
      const last = stream.read() as Buffer | null
      if (last !== null) parts.push(last)
    })
    await once(stream, 'end')
    for (const part of parts) if (part.length === 1000) stream.release(part)
    spoil()
    const whole = parts.filter((part) => part.length !== 1000)
    expect(whole.every((part) => bytes.includes(part))).toBe(true)
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(50_000)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('takes a whole chunk back, of which the reader may keep a part', async () => {
    const stream = await readable()
    const chunk: Buffer = stream.read()
    const head = chunk.subarray(0, 10)
    stream.unshift(chunk)
    expect(stream.release(chunk)).toBe(false)
    await destroyed(stream)
    spoil()
    expect(head.equals(bytes.subarray(0, 10))).toBe(true)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('takes a part of a chunk back, which outlives the release of the chunk', async () => {
    const stream = await readable()
    const chunk: Buffer = stream.read()
    stream.unshift(chunk.subarray(400))
    stream.release(chunk)
    spoil()
    const again: Buffer = stream.read(600)
    expect(again.equals(bytes.subarray(400, 1000))).toBe(true)
    await destroyed(stream)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('does not take a chunk for unread when its listener puts bytes back and destroys the stream', async () => {
    const stream = createPooledReadStream(path, { pool, chunks: 'release', highWaterMark: 1000 })
    const chunk = await new Promise<Buffer>((resolve) => {
      stream.once('data', (data) => {
        stream.unshift(Buffer.from('back'))
        stream.destroy()
        resolve(data as Buffer)
      })
    })
    await until(() => stream.closed)
    spoil()
    expect(chunk.equals(bytes.subarray(0, 1000))).toBe(true)
    expect(stream.release(chunk)).toBe(true)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('gives back what resume() throws away, at the end and before it', async () => {
    const stream = createPooledReadStream(path, { pool, chunks: 'release', highWaterMark: 1000 })
    stream.resume()
    await once(stream, 'close')
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
    const other = createPooledReadStream(path, { pool, chunks: 'release', highWaterMark: 1000 })
    const first = await new Promise<Buffer>((resolve) => other.once('data', (chunk) => resolve(chunk as Buffer)))
    await once(other, 'close')
    expect(pool.stats().inUse).toBe(1)
    other.release(first)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })
})

describe("chunks: 'release', where no reader can release", () => {
  it('leaves nothing out once it was piped, and the destination its bytes', async () => {
    const stream = await readable()
    const kept: Buffer[] = []
    const destination = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        kept.push(chunk)
        setImmediate(callback)
      }
    })
    await pipeline(stream, destination)
    spoil()
    expect(Buffer.concat(kept).equals(bytes)).toBe(true)
    expect(kept.some((chunk) => stream.release(chunk))).toBe(false)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  it('goes on with memory of its own after unpipe()', async () => {
    const stream = await readable()
    const destination = new Writable({ write: (_chunk, _encoding, callback) => callback() })
    stream.pipe(destination)
    await once(stream, 'data')
    stream.unpipe(destination)
    const rest: Buffer[] = await stream.toArray()
    spoil()
    expect(bytes.subarray(-Buffer.concat(rest).length).equals(Buffer.concat(rest))).toBe(true)
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  })

  const operators: Record<string, (stream: PooledReadStream) => Promise<unknown>> = {
    drop: (stream) => stream.drop(3).toArray(),
    'drop, more than there is': (stream) => stream.drop(1_000_000).toArray(),
    'drop and take': (stream) => stream.drop(1).take(2).toArray(),
    'map and take': (stream) =>
      stream
        .map((chunk: Buffer) => chunk, { concurrency: 4 })
        .take(5)
        .toArray(),
    filter: (stream) => stream.filter((chunk: Buffer) => chunk[0] === 0).toArray(),
    flatMap: (stream) => stream.flatMap((chunk: Buffer) => [chunk]).toArray(),
    forEach: async (stream) => {
      const refuse = async () => {
        throw new Error('no')
      }
      await expect(stream.forEach(refuse, { concurrency: 3 })).rejects.toThrow('no')
    },
    find: (stream) => stream.find(() => true),
    some: (stream) => stream.some(() => true),
    every: (stream) => stream.every(() => false)
  }

  it.each(Object.entries(operators))('leaves nothing out after %s, and the bytes to the reader', async (_, run) => {
    const stream = await readable()
    const found = await run(stream)
    await destroyed(stream)
    spoil()
    for (const chunk of Array.isArray(found) ? found : []) {
      expect(bytes.includes(chunk)).toBe(true)
      expect(stream.release(chunk)).toBe(false)
    }
    await until(() => pool.stats().inUse === 0)
    expect(pool.stats().leaked).toBe(0)
  })

  it('hands out nothing after destroy() that went back', async () => {
    const stream = await readable()
    await destroyed(stream)
    expect(stream.read()).toBe(null)
  })
})

it('never overwrites what a replaced write keeps, when it is replaced after pipe()', async () => {
  const large = pattern(3_000_000)
  const file = folder.file(large)
  const sizes = new SizeClassPool({ clear: 'release' })
  const kept: Buffer[] = []
  const server = createServer((_request, response) => {
    createPooledReadStream(file, { pool: sizes }).pipe(response)
    const write = response.write.bind(response) as (chunk: Buffer, ...rest: unknown[]) => boolean
    response.write = ((chunk: Buffer, ...rest: unknown[]) => {
      kept.push(chunk)
      return write(chunk, ...rest)
    }) as typeof response.write
  }).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const body = await new Promise<Buffer>((resolve, reject) => {
    get({ port, agent: false }, (response) => resolve(collect(response))).on('error', reject)
  })
  server.close()
  expect(body.equals(large)).toBe(true)
  expect(Buffer.concat(kept).equals(large)).toBe(true)
})
