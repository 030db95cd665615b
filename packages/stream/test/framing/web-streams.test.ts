import { Duplex, Readable, Writable } from 'node:stream'
import { type Lease, SizeClassPool } from '@pool/core'
import { createPooledReadStream, pooledFileChunks, pooledTransform, writeLeased } from '@pool/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
const pool = new SizeClassPool({ clear: 'release' })
const bytes = pattern(300_000)
const path = folder.file(bytes)

afterEach(() => until(() => pool.stats().inUse === 0))

/** What Node's types know by another name than the global one. */
type Pair = Parameters<typeof ReadableStream.prototype.pipeThrough<Uint8Array>>[0]

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(parts)
    parts.push(value)
  }
}

const invert = (chunk: Uint8Array, scratch: Uint8Array) => {
  for (let index = 0; index < chunk.length; index++) scratch[index] = ~(chunk[index] as number)
  return chunk.length
}

describe("Node's adapters to Web Streams", () => {
  it('read a pooled file as a ReadableStream, whose chunks stay', async () => {
    const web = Readable.toWeb(createPooledReadStream(path, { pool })) as ReadableStream<Uint8Array>
    expect((await collect(web)).equals(bytes)).toBe(true)
  })

  it('give all back when a ReadableStream is cancelled', async () => {
    const stream = createPooledReadStream(path, { pool, chunks: 'copy' })
    const reader = (Readable.toWeb(stream) as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await until(() => stream.closed)
  })

  it('pipe through a pooled transform as a TransformStream', async () => {
    const pair = Duplex.toWeb(pooledTransform({ pool, transform: invert })) as unknown as Pair
    const web = Readable.toWeb(createPooledReadStream(path, { pool })) as ReadableStream<Uint8Array>
    expect((await collect(web.pipeThrough<Uint8Array>(pair))).equals(Buffer.from(bytes.map((byte) => ~byte)))).toBe(true)
  })

  it('hand leases through a ReadableStream of objects', async () => {
    const web = Readable.toWeb(Readable.from(pooledFileChunks(path, { pool }))) as ReadableStream<Lease>
    const parts: Buffer[] = []
    const reader = web.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(Buffer.from(next.value.buffer))
      next.value.release()
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('take leased writes into a WritableStream that is done with a chunk when it says so', async () => {
    const parts: Buffer[] = []
    const web = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        await new Promise(setImmediate)
        parts.push(Buffer.from(chunk))
      }
    })
    const writable = Writable.fromWeb(web as Parameters<typeof Writable.fromWeb>[0])
    for await (const lease of pooledFileChunks(path, { pool, chunkBytes: 50_000 })) await writeLeased(writable, lease)
    await new Promise<void>((resolve) => writable.end(resolve))
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('answer fetch', async () => {
    const body = Readable.toWeb(createPooledReadStream(path, { pool })) as ReadableStream<Uint8Array>
    expect(Buffer.from(await new Response(body).arrayBuffer()).equals(bytes)).toBe(true)
  })
})
