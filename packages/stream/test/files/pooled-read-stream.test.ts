import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { createReadStream, createWriteStream, mkdirSync, openSync, type ReadStream, readFileSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { buffer as collect } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { BufferPool, SizeClassPool } from '@pool/core'
import { createPooledReadStream, type PooledReadStreamOptions } from '@pool/stream'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openFiles } from '../support/open-files.js'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
let pool = new SizeClassPool({ clear: 'release' })

afterEach(async () => {
  const used = pool
  pool = new SizeClassPool({ clear: 'release' })
  expect(used.stats().inUse).toBe(0)
  await until(() => openFiles().length === 0)
})

const makers = {
  fs: (path: fs.PathLike, options?: PooledReadStreamOptions | null) =>
    createReadStream(path, options as Parameters<typeof createReadStream>[1]),
  own: (path: fs.PathLike, options?: PooledReadStreamOptions | null) => createPooledReadStream(path, { ...options, pool }),
  copy: (path: fs.PathLike, options?: PooledReadStreamOptions | null) => createPooledReadStream(path, { ...options, pool, chunks: 'copy' }),
  release: (path: fs.PathLike, options?: PooledReadStreamOptions | null) => {
    const stream = createPooledReadStream(path, { ...options, pool, chunks: 'release' })
    // Takes the place of a consumer who is done with each chunk at once.
    const emit = stream.emit.bind(stream)
    stream.emit = (event: string, ...values: unknown[]) => {
      const was = emit(event, ...values)
      if (event === 'data' && values[0] instanceof Buffer) stream.release(values[0])
      return was
    }
    return stream
  }
}
const variants = ['own', 'copy', 'release'] as const
const events = ['open', 'ready', 'data', 'end', 'close', 'error']

function shown(value: unknown): unknown {
  if (value instanceof Buffer) return `${value.length} bytes, ${createHash('sha1').update(value).digest('hex')}`
  if (typeof value === 'number') return 'a number'
  if (!(value instanceof Error)) return value
  const { name, code, syscall, path, message } = value as NodeJS.ErrnoException
  return { name, code, syscall, path, message }
}

type Use = (stream: ReadStream) => void

/** All that can be seen of a stream from outside, until it is closed or `until` comes. */
async function seen(make: () => ReadStream, use: Use = () => {}, until = 'close'): Promise<unknown[]> {
  const log: unknown[] = []
  let stream: ReadStream
  try {
    stream = make()
  } catch (error) {
    return ['throws', shown(error)]
  }
  const state = () => ({
    bytesRead: stream.bytesRead,
    pending: stream.pending,
    path: stream.path,
    destroyed: stream.destroyed,
    errored: shown(stream.errored),
    ended: stream.readableEnded,
    autoClose: (stream as unknown as { autoClose: boolean }).autoClose,
    encoding: stream.readableEncoding,
    highWaterMark: stream.readableHighWaterMark
  })
  log.push(state())
  for (const event of events) stream.on(event, (...values) => log.push([event, values.map(shown), state()]))
  use(stream)
  await new Promise<void>((resolve) => stream.on(until, () => setImmediate(resolve)))
  const logged = [...log, state()]
  stream.destroy()
  return logged
}

async function sameAsFs(path: () => fs.PathLike, options?: () => PooledReadStreamOptions, use?: Use, until?: string): Promise<void> {
  const wanted = await seen(() => makers.fs(path(), options?.()), use, until)
  expect(wanted.length).toBeGreaterThan(1)
  for (const variant of variants)
    expect([variant, await seen(() => makers[variant](path(), options?.()), use, until)]).toEqual([variant, wanted])
}

describe('createPooledReadStream, beside fs.createReadStream', () => {
  it.each([[0], [1], [65_536], [65_537], [200_000]])('shows the same of a file of %i bytes', async (bytes) => {
    const path = folder.file(pattern(bytes))
    await sameAsFs(() => path)
    await sameAsFs(() => pathToFileURL(path))
    await sameAsFs(() => Buffer.from(path))
  })

  it('shows the same for any range and chunk', async () => {
    const path = folder.file(pattern(300))
    const range = fc.record({ start: fc.nat(320), end: fc.nat(320), highWaterMark: fc.integer({ min: 1, max: 320 }) }, { requiredKeys: [] })
    await fc.assert(
      fc.asyncProperty(range, (options) =>
        sameAsFs(
          () => path,
          () => options
        )
      ),
      { numRuns: 40 }
    )
  })

  it.each([
    ['a missing file', 'nothing', {}],
    ['a folder', 'folder', {}],
    ['a folder, without autoClose', 'folder', { autoClose: false }],
    ['a missing file, without emitClose', 'nothing', { emitClose: false }],
    ['start above end', 'x', { start: 2, end: 1 }],
    ['start that is no number', 'x', { start: '2' }],
    ['end that is negative', 'x', { end: -1 }],
    ['an encoding that there is not', 'x', { encoding: 'klingon' }],
    ['flags that there are not', 'x', { flags: 'zz' }],
    ['a highWaterMark that can not be', 'x', { highWaterMark: -1 }],
    ['fs without read', 'x', { fs: { open: fs.open } }],
    ['an fd that can not be', 'x', { fd: 'three' }],
    ['an fd that is not open', 'x', { fd: 1_000_000 }],
    ['a signal that is none', 'x', { signal: 7 }]
  ])('fails in the same way: %s', async (_, name, options) => {
    mkdirSync(`${folder.path}/folder`, { recursive: true })
    await sameAsFs(
      () => `${folder.path}/${name}`,
      () => options as PooledReadStreamOptions,
      undefined,
      'autoClose' in options || 'emitClose' in options ? 'error' : 'close'
    )
  })

  it.each([[7], [true], ['klingon'], [Symbol('s')]])('refuses options that are none in the same way: %s', (options) => {
    const failure = (make: (path: string, options: never) => unknown) => {
      try {
        return make('x', options as never)
      } catch (error) {
        return shown(error)
      }
    }
    expect(failure(createPooledReadStream)).toEqual(failure(createReadStream))
    expect(failure(createReadStream)).toHaveProperty('code')
  })

  it('has the same defaults for options of null, none and an encoding', async () => {
    const path = folder.file('é'.repeat(10))
    for (const options of [undefined, null, 'latin1'] as const) {
      const ours = await seen(() => createPooledReadStream(path, options))
      expect(ours).toEqual(await seen(() => createReadStream(path, options as undefined)))
    }
  })

  it('makes the same strings, also of characters between two chunks', async () => {
    const path = folder.file('aé€😀'.repeat(50))
    for (const encoding of ['utf8', 'base64', 'utf16le'] as const) {
      await sameAsFs(
        () => path,
        () => ({ encoding, highWaterMark: 7 })
      )
    }
    await sameAsFs(
      () => path,
      () => ({ highWaterMark: 7 }),
      (stream) => stream.setEncoding('utf8')
    )
  })

  it('reads an fd and a FileHandle, and closes them or not', async () => {
    const path = folder.file(pattern(100))
    const opened: number[] = []
    for (const autoClose of [true, false]) {
      await sameAsFs(
        () => path,
        () => {
          opened.push(openSync(path, 'r'))
          return { fd: opened.at(-1) as number, autoClose, start: 10 }
        },
        undefined,
        autoClose ? 'close' : 'end'
      )
    }
    const handles = await Promise.all(Array.from({ length: 4 }, () => open(path)))
    let next = 0
    await sameAsFs(
      () => path,
      () => ({ fd: handles[next++] as fs.promises.FileHandle, highWaterMark: 30 })
    )
    await sameAsFs(
      () => path,
      () => ({ fd: { fd: 3 } as fs.promises.FileHandle })
    )
  })

  it('reads through functions of your own', async () => {
    const path = folder.file(pattern(100))
    const calls: string[] = []
    const own = {
      open: (...all: unknown[]) => {
        calls.push('open')
        ;(fs.open as unknown as (...all: unknown[]) => void)(...all)
      },
      read: (...all: unknown[]) => {
        calls.push('read')
        ;(fs.read as unknown as (...all: unknown[]) => void)(...all)
      },
      close: (...all: unknown[]) => {
        calls.push('close')
        ;(fs.close as unknown as (...all: unknown[]) => void)(...all)
      }
    }
    await sameAsFs(
      () => path,
      () => ({ fs: own })
    )
    expect(calls).toEqual(Array(4).fill(['open', 'read', 'read', 'close']).flat())
  })

  it('reports a failing read and a failing close in the same way', async () => {
    const path = folder.file(pattern(100))
    const failure = Object.assign(new Error('broken disk'), { code: 'EIO' })
    const read = (_fd: number, _buffer: Buffer, _offset: number, _length: number, _position: unknown, callback: (error: Error) => void) =>
      setImmediate(callback, failure)
    const close = (fd: number, callback: (error: Error) => void) => fs.close(fd, () => callback(failure))
    for (const own of [
      { open: fs.open, read, close: fs.close },
      { open: fs.open, read: fs.read, close },
      { open: fs.open, read, close }
    ]) {
      for (const autoClose of [true, false]) {
        await sameAsFs(
          () => path,
          () => ({ fs: own, autoClose }),
          undefined,
          autoClose ? 'close' : own.read === fs.read ? 'end' : 'error'
        )
      }
    }
  })

  it('shows the same when it is destroyed at any time', async () => {
    const path = folder.file(pattern(200_000))
    const uses: Use[] = [
      (stream) => void stream.destroy(),
      (stream) => void stream.destroy(new Error('mine')),
      (stream) => stream.once('open', () => stream.destroy()),
      (stream) => stream.once('data', () => stream.destroy()),
      (stream) => stream.once('data', () => stream.destroy(new Error('mine'))),
      (stream) => stream.once('end', () => stream.destroy(new Error('late'))),
      (stream) => stream.close(),
      (stream) => stream.once('data', () => stream.close())
    ]
    for (const use of uses) await sameAsFs(() => path, undefined, use)
  })

  it('takes a signal in the same way', async () => {
    const path = folder.file(pattern(200_000))
    let controller = new AbortController()
    await sameAsFs(
      () => path,
      () => {
        controller = new AbortController()
        return { signal: controller.signal }
      },
      (stream) => stream.once('data', () => controller.abort())
    )
  })

  it('closes the file where the signal was aborted before, which fs leaves open', async () => {
    const log = await seen(() => makers.own(folder.file('x'), { signal: AbortSignal.abort(new Error('why')) }), undefined, 'error')
    const wanted = { name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' }
    expect(log).toContainEqual(['error', [expect.objectContaining(wanted)], expect.anything()])
    await until(() => openFiles().length === 0)
  })

  it('pauses and resumes in the same way', async () => {
    const path = folder.file(pattern(200_000))
    await sameAsFs(
      () => path,
      () => ({ highWaterMark: 10_000 }),
      (stream) =>
        stream.on('data', () => {
          stream.pause()
          setImmediate(() => stream.resume())
        })
    )
  })

  it('reads a part of a device without end, a file of /proc and a pipe', async () => {
    await sameAsFs(
      () => '/dev/zero',
      () => ({ end: 200_000 })
    )
    await sameAsFs(() => '/proc/self/cmdline')
    for (const variant of ['fs', 'own', 'copy'] as const) {
      const path = folder.fifo()
      const [read] = await Promise.all([collect(makers[variant](path)), writeFile(path, pattern(300_000))])
      expect(read.equals(pattern(300_000))).toBe(true)
    }
  })

  it('does not wait for the pool where fs would not', async () => {
    const one = new BufferPool({ bufferSize: 65_536, maxSize: 1 })
    const taken = one.lease(65_536)
    const path = folder.file(pattern(200_000))
    const target = folder.name()
    await pipeline(createPooledReadStream(path, { pool: one }), createWriteStream(target))
    expect(readFileSync(target).equals(pattern(200_000))).toBe(true)
    expect((await collect(createPooledReadStream(path, { pool: one, chunks: 'copy' }))).equals(pattern(200_000))).toBe(true)
    expect((await collect(createPooledReadStream(path, { pool: one, highWaterMark: 100_000 }))).equals(pattern(200_000))).toBe(true)
    taken.release()
  })

  it.each([
    ['chunks', { chunks: 'mine' }],
    ['pool', { pool: {} }]
  ])('refuses by name what is ours: %s', (name, options) => {
    expect(() => createPooledReadStream('x', options as PooledReadStreamOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
    )
  })
})

describe("chunks: 'own'", () => {
  const bytes = pattern(3_000_000)
  const make = (options: PooledReadStreamOptions = {}) =>
    createPooledReadStream(folder.file(bytes), { pool, highWaterMark: 20_000, ...options })

  it('keeps the chunks of those who collect them, whatever the pool does', async () => {
    const stream = make()
    const parts: Buffer[] = []
    for await (const part of stream) parts.push(part)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(pool.stats().acquisitions).toBe(0)
  })

  it('pools nothing that is piped, since a sink may keep what it is given', async () => {
    const path = folder.name()
    await pipeline(make(), createWriteStream(path))
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(pool.stats().acquisitions).toBe(0)
  })

  it('uses memory as scratch where bytes become strings', async () => {
    let text = ''
    for await (const part of make({ encoding: 'hex' })) text += part
    expect(text).toBe(bytes.toString('hex'))
    expect(pool.stats().total).toBe(1)
  })
})

describe("chunks: 'release'", () => {
  const make = (source: BufferPool, path: string) => createPooledReadStream(path, { pool: source, chunks: 'release', highWaterMark: 1000 })

  it('reads a file through two buffers, and waits for their release', async () => {
    const two = new BufferPool({ bufferSize: 1000, maxSize: 2, initialSize: 0 })
    const bytes = pattern(50_500)
    const stream = make(two, folder.file(bytes))
    const parts: Buffer[] = []
    for await (const part of stream) {
      parts.push(Buffer.from(part))
      await new Promise(setImmediate)
      expect(stream.release(part)).toBe(part.length === 1000)
      expect(stream.release(part)).toBe(false)
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(two.stats()).toMatchObject({ inUse: 0, total: 2, leaked: 0 })
  })

  it('gives back what was not read when it is destroyed, and leaves the rest to its readers', async () => {
    const own = new BufferPool({ bufferSize: 1000 })
    const stream = createPooledReadStream(folder.file(pattern(50_000)), { pool: own, chunks: 'release', highWaterMark: 1000 })
    const first = await new Promise<Buffer>((resolve) => stream.once('data', (part) => resolve(part as Buffer)))
    stream.pause()
    await until(() => stream.readableLength > 0)
    stream.destroy()
    await new Promise<void>((resolve) => stream.on('close', () => resolve()))
    expect(own.stats().inUse).toBe(1)
    expect(first.equals(pattern(1000))).toBe(true)
    expect(stream.release(first)).toBe(true)
    expect(own.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  })

  it('gives back what was not read when that becomes strings, and leaves the rest to its readers', async () => {
    const own = new BufferPool({ bufferSize: 1000 })
    const stream = make(own, folder.file(pattern(50_000)))
    const first = await new Promise<Buffer>((resolve) => stream.once('data', (part) => resolve(part as Buffer)))
    stream.pause()
    await until(() => stream.readableLength > 0)
    stream.setEncoding('hex')
    let text = ''
    for await (const part of stream) text += part
    expect(text).toBe(pattern(50_000).subarray(1000).toString('hex'))
    expect(own.stats().inUse).toBe(1)
    expect(stream.release(first)).toBe(true)
    expect(own.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  })

  it('calls a wait for memory off when it is destroyed', async () => {
    const one = new BufferPool({ bufferSize: 1000, maxSize: 1 })
    const taken = one.lease(1000)
    const stream = make(one, folder.file(pattern(5000)))
    stream.resume()
    await until(() => one.stats().waiting === 1)
    stream.destroy()
    await new Promise<void>((resolve) => stream.on('close', () => resolve()))
    expect(one.stats().waiting).toBe(0)
    taken.release()
  })

  it('fails with what the pool throws', async () => {
    const small = new BufferPool({ bufferSize: 999 })
    await expect(collect(make(small, folder.file(pattern(5000))))).rejects.toMatchObject({ code: 'ERR_POOL_TOO_LARGE' })
    const closing = new BufferPool({ bufferSize: 1000, maxSize: 1 })
    const taken = closing.lease(1000)
    const stream = make(closing, folder.file(pattern(5000)))
    const collected = collect(stream)
    await until(() => closing.stats().waiting === 1)
    closing.destroy()
    await expect(collected).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
    taken.release()
  })
})
