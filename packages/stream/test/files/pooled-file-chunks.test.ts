import { appendFileSync, createReadStream, mkdirSync, truncateSync } from 'node:fs'
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { BufferPool, type Lease, SizeClassPool } from '@pool/core'
import { pooledFileChunks, writeLeased } from '@pool/stream'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openFiles } from '../support/open-files.js'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
const pool = new SizeClassPool()
const openBefore = openFiles()

afterEach(() => {
  expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  expect(openFiles()).toEqual(openBefore)
})

interface Read {
  readonly sizes: number[]
  readonly bytes: Buffer
}

async function chunks(path: Parameters<typeof pooledFileChunks>[0], options: object = {}): Promise<Read> {
  const parts: Buffer[] = []
  for await (using lease of pooledFileChunks(path, { pool, ...options })) parts.push(Buffer.from(lease.buffer))
  return { sizes: parts.map(({ length }) => length), bytes: Buffer.concat(parts) }
}

async function nodesChunks(path: string, { chunkBytes, ...options }: { chunkBytes?: number; start?: number; end?: number }): Promise<Read> {
  const parts: Buffer[] = []
  for await (const part of createReadStream(path, { ...options, ...(chunkBytes && { highWaterMark: chunkBytes }) })) parts.push(part)
  return { sizes: parts.map(({ length }) => length), bytes: Buffer.concat(parts) }
}

describe('pooledFileChunks', () => {
  it('gives the chunks of createReadStream, for any range, chunk and read-ahead', async () => {
    const path = folder.file(pattern(1000))
    const range = fc.record(
      { start: fc.nat(1100), end: fc.nat(1100), chunkBytes: fc.integer({ min: 1, max: 1100 }) },
      { requiredKeys: ['chunkBytes'] }
    )
    await fc.assert(
      fc.asyncProperty(range, fc.integer({ min: 0, max: 5 }), async (options, readAhead) => {
        fc.pre((options.start ?? 0) <= (options.end ?? 1100))
        expect(await chunks(path, { ...options, readAhead })).toEqual(await nodesChunks(path, options))
      }),
      { numRuns: 100 }
    )
  })

  it('fails as createReadStream does', async () => {
    mkdirSync(`${folder.path}/folder`)
    for (const path of [`${folder.path}/nothing`, `${folder.path}/folder`]) {
      const wanted = await nodesChunks(path, {}).catch(({ code, syscall, message, path: at }) => ({ code, syscall, message, at }))
      await expect(chunks(path).catch(({ code, syscall, message, path: at }) => ({ code, syscall, message, at }))).resolves.toEqual(wanted)
      expect(wanted).toHaveProperty('code')
    }
  })

  it('fails once, and is over then', async () => {
    const reading = pooledFileChunks(`${folder.path}/nothing`, { pool })
    await expect(reading.next()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await reading.next()).toEqual({ done: true, value: undefined })
    await reading.closed
  })

  it('reads a part of a device without end, a file of /proc, an empty file', async () => {
    expect((await chunks('/dev/zero', { start: 0, end: 99_999 })).bytes.equals(Buffer.alloc(100_000))).toBe(true)
    expect((await chunks('/proc/self/cmdline')).bytes.length).toBeGreaterThan(0)
    expect((await chunks(folder.file(''))).sizes).toEqual([])
  })

  it('reads a pipe as it comes', async () => {
    const path = folder.fifo()
    const [read] = await Promise.all([chunks(path), writeFile(path, pattern(300_000))])
    expect(read.bytes.equals(pattern(300_000))).toBe(true)
  })

  it('reads what a file grows by while it is read, and no further than it shrinks to', async () => {
    const growing = folder.file(pattern(1000))
    let seen = 0
    for await (using lease of pooledFileChunks(growing, { pool, chunkBytes: 100, readAhead: 0 })) {
      if (seen === 500) appendFileSync(growing, pattern(250))
      seen += lease.buffer.length
    }
    expect(seen).toBe(1250)
    const shrinking = folder.file(pattern(1000))
    seen = 0
    for await (using lease of pooledFileChunks(shrinking, { pool, chunkBytes: 100, readAhead: 0 })) {
      if (seen === 500) truncateSync(shrinking, 650)
      seen += lease.buffer.length
    }
    expect(seen).toBe(650)
  })

  it('reads ahead as far as it was told, and no further', async () => {
    const path = folder.file(pattern(1000))
    for (const readAhead of [0, 1, 3]) {
      const reading = pooledFileChunks(path, { pool, chunkBytes: 10, readAhead })
      const { value } = await reading.next()
      await until(() => pool.stats().inUse === 1 + readAhead)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(pool.stats().inUse).toBe(1 + readAhead)
      value?.release()
      await reading.return()
      expect(pool.stats().inUse).toBe(0)
    }
  })

  it('reads again what lies behind a read that gave less than there is', async () => {
    const bytes = pattern(5000)
    const path = folder.file(bytes)
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 700 })), fc.nat(4), async (lengths, readAhead) => {
        const handle = await open(path)
        const read = handle.read.bind(handle)
        // No file system does this on demand; the network's may.
        const short = (buffer: Buffer, offset: number, length: number, position: number) =>
          read(buffer, offset, Math.min(length, lengths.next().value as number), position)
        handle.read = short as unknown as FileHandle['read']
        const got = await chunks(handle, { start: 100, end: 4899, chunkBytes: 500, readAhead })
        await handle.close()
        expect(got.bytes.equals(bytes.subarray(100, 4900))).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it('reads several chunks of a file at a time, each at its place, and one of anything else', async () => {
    const most = async (start?: number) => {
      const handle = await open(folder.file(pattern(5000)))
      const read = handle.read.bind(handle)
      let now = 0
      let peak = 0
      handle.read = (async (...all: Parameters<typeof read>) => {
        peak = Math.max(peak, ++now)
        await new Promise(setImmediate)
        try {
          return await read(...all)
        } finally {
          now--
        }
      }) as unknown as FileHandle['read']
      const got = await chunks(handle, { chunkBytes: 500, readAhead: 3, ...(start !== undefined && { start }) })
      await handle.close()
      expect(got.bytes.equals(pattern(5000))).toBe(true)
      return peak
    }
    expect(await most(0)).toBe(4)
    expect(await most()).toBe(1)
  })

  it('answers whoever asks again in any turn, as its reading comes to rest', async () => {
    const path = folder.file(pattern(5))
    for (const readAhead of [0, 1]) {
      for (let turns = 0; turns < 8; turns++) {
        let count = 0
        for await (using _ of pooledFileChunks(path, { pool, chunkBytes: 1, readAhead })) {
          count++
          for (let turn = 0; turn < turns; turn++) await undefined
        }
        expect(count).toBe(5)
      }
    }
  })

  it('opens nothing before it is asked', async () => {
    const never = pooledFileChunks(`${folder.path}/nothing`, { pool })
    await never.return()
    await never.closed
    expect(await never.next()).toEqual({ done: true, value: undefined })
  })

  it('answers several questions in order', async () => {
    const reading = pooledFileChunks(folder.file('abcdef'), { pool, chunkBytes: 2 })
    const answers = await Promise.all([reading.next(), reading.next(), reading.next(), reading.next(), reading.next()])
    expect(answers.map(({ value }) => value?.buffer.toString())).toEqual(['ab', 'cd', 'ef', undefined, undefined])
    for (const { value } of answers) value?.release()
  })

  it('waits for its consumer to release where the pool has no more', async () => {
    const one = new BufferPool({ bufferSize: 100, maxSize: 1, clear: 'release' })
    const path = folder.file(pattern(1000))
    const parts: Buffer[] = []
    for await (using lease of pooledFileChunks(path, { pool: one, chunkBytes: 100 })) {
      await new Promise(setImmediate)
      parts.push(Buffer.from(lease.buffer))
    }
    expect(Buffer.concat(parts).equals(pattern(1000))).toBe(true)
    expect(one.stats()).toMatchObject({ inUse: 0, total: 1 })
  })

  it('reads a FileHandle and leaves it open', async () => {
    const handle: FileHandle = await open(folder.file('abcdef'))
    expect((await chunks(handle, { start: 1, end: 3 })).bytes.toString()).toBe('bcd')
    expect((await handle.stat()).size).toBe(6)
    await handle.close()
  })

  it.each([['break'], ['throw'], ['return']])('gives all back before a %s in the loop is through', async (how) => {
    const path = folder.file(pattern(100_000))
    const read = async () => {
      for await (using lease of pooledFileChunks(path, { pool, chunkBytes: 1000, readAhead: 4 })) {
        if (how === 'throw') throw new Error('thrown')
        if (how === 'return') return lease.released
        break
      }
      return undefined
    }
    const end = await read().catch((error: Error) => error.message)
    expect(end).toBe({ break: undefined, throw: 'thrown', return: false }[how])
    expect(pool.stats().inUse).toBe(0)
    expect(openFiles()).toEqual(openBefore)
  })

  it('is disposed of', async () => {
    const path = folder.file(pattern(10_000))
    {
      await using reading = pooledFileChunks(path, { pool, chunkBytes: 100 })
      ;(await reading.next()).value?.release()
    }
    expect(pool.stats().inUse).toBe(0)
    expect(openFiles()).toEqual(openBefore)
  })

  it('passes throw() on when all is back', async () => {
    const reading = pooledFileChunks(folder.file(pattern(10_000)), { pool, chunkBytes: 100 })
    ;(await reading.next()).value?.release()
    await expect(reading.throw?.(new Error('in'))).rejects.toThrow('in')
    expect(pool.stats().inUse).toBe(0)
  })

  it('feeds a stream in object mode', async () => {
    const lengths: number[] = []
    for await (using lease of Readable.from(pooledFileChunks(folder.file(pattern(1000)), { pool, chunkBytes: 300 }))) {
      lengths.push((lease as Lease).buffer.length)
    }
    expect(lengths).toEqual([300, 300, 300, 100])
  })

  it.each([
    ['path', {}, 7],
    ['pool', { pool: 7 }, 'x'],
    ['chunkBytes', { pool, chunkBytes: 0 }, 'x'],
    ['chunkBytes', { pool: new BufferPool({ bufferSize: 100 }) }, 'x'],
    ['start', { pool, start: -1 }, 'x'],
    ['start', { pool, start: 2, end: 1 }, 'x'],
    ['end', { pool, end: 0.5 }, 'x'],
    ['readAhead', { pool, readAhead: -1 }, 'x'],
    ['signal', { pool, signal: 7 }, 'x'],
    ['highWaterMark', { pool, highWaterMark: 7 }, 'x']
  ])('refuses by name what can not be: %s', (name, options, path) => {
    expect(() => pooledFileChunks(path as string, options as object)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
    )
  })
})

describe('pooledFileChunks into writeLeased', () => {
  const serve = (path: string, ended: (error?: unknown) => void) =>
    createServer(async (_request, response) => {
      try {
        for await (const lease of pooledFileChunks(path, { pool, chunkBytes: 65_536, readAhead: 2 })) await writeLeased(response, lease)
        response.end()
        ended()
      } catch (error) {
        ended(error)
      }
    }).listen(0)

  it('serves a file byte for byte', async () => {
    const bytes = pattern(3_000_000)
    const server = serve(folder.file(bytes), () => {})
    const { port } = server.address() as AddressInfo
    const body = await new Promise<Buffer>((resolve, reject) => {
      get({ port, agent: false }, (response) => resolve(collect(response))).on('error', reject)
    })
    expect(body.equals(bytes)).toBe(true)
    await until(() => pool.stats().inUse === 0)
    server.close()
    await until(() => openFiles().length === openBefore.length)
  })

  it('gets every buffer and the file back when the client goes away', async () => {
    let error: unknown
    const own = new SizeClassPool()
    const server = createServer(async (_request, response) => {
      const reading = pooledFileChunks(folder.file(pattern(20_000_000)), { pool: own, readAhead: 2 })
      try {
        for await (const lease of reading) await writeLeased(response, lease)
      } catch (thrown) {
        error = thrown
      }
    }).listen(0)
    const { port } = server.address() as AddressInfo
    const request = get({ port, agent: false }, (response) => response.once('data', () => request.destroy()))
    request.on('error', () => {})
    await until(() => error !== undefined && own.stats().inUse === 0)
    server.close()
    await until(() => openFiles().length === openBefore.length)
  })
})
