import { createWriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { BufferPool } from '@pool/core'
import { createPooledReadStream, type PooledFileChunksOptions, pooledFileChunks, readFilePooled } from '@pool/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { openFiles } from './support/open-files.js'
import { pattern, TempFolder } from './support/temp-folder.js'
import { until } from './support/until.js'

const folder = new TempFolder()
const path = folder.file(pattern(20_000))
const target = folder.name()
const reason = new Error('called off')
let pool = new BufferPool({ bufferSize: 20_000, initialSize: 0, maxSize: 4 })

afterEach(async () => {
  const used = pool
  pool = new BufferPool({ bufferSize: 20_000, initialSize: 0, maxSize: 4 })
  expect(used.stats()).toMatchObject({ inUse: 0, waiting: 0, leaked: 0 })
  await until(() => openFiles().length === 0)
})

/** Reads in chunks, and does `each` with every one. */
async function readChunks(options: PooledFileChunksOptions, each: (read: number) => void = () => {}, from: string | FileHandle = path) {
  const reading = pooledFileChunks(from, { pool, chunkBytes: 5000, ...options })
  let read = 0
  try {
    for await (using lease of reading) {
      read += lease.buffer.length
      each(read)
    }
  } finally {
    await reading.closed
  }
  return read
}

const operations = {
  readFilePooled: async (signal: AbortSignal) => (await readFilePooled(path, { pool, signal })).release(),
  pooledFileChunks: (signal: AbortSignal) => readChunks({ signal }),
  'pooledFileChunks that reads ahead': (signal: AbortSignal) => readChunks({ signal, readAhead: 3 }),
  'pooledFileChunks that reads nothing ahead': (signal: AbortSignal) => readChunks({ signal, readAhead: 0 }),
  'createPooledReadStream into a file': (signal: AbortSignal) =>
    pipeline(createPooledReadStream(path, { pool, highWaterMark: 3000, signal }), createWriteStream(target)),
  'createPooledReadStream with release': async (signal: AbortSignal) => {
    const stream = createPooledReadStream(path, { pool, highWaterMark: 3000, chunks: 'release', signal })
    try {
      for await (const chunk of stream) stream.release(chunk)
    } finally {
      await until(() => stream.closed)
    }
  }
}

/** Counts turns of the event loop, or of the queue of promises within one. */
const clocks = {
  'turn of the loop': () => new Promise<void>((resolve) => setImmediate(resolve)),
  microtask: () => Promise.resolve()
}

describe.each(Object.entries(operations))('%s', (_, operate) => {
  it.each(Object.entries(clocks))('gives all back when it is called off at any %s', async (_clock, tick) => {
    const outcomes = new Set<string>()
    for (let turns = 0; turns < 60; turns++) {
      const controller = new AbortController()
      const operation = operate(controller.signal).then(
        () => 'done',
        (error: Error) => (error === reason || error.name === 'AbortError' ? 'called off' : `failed: ${error.message}`)
      )
      for (let turn = 0; turn < turns; turn++) await tick()
      controller.abort(reason)
      outcomes.add(await operation)
      await until(() => pool.stats().inUse === 0 && openFiles().length === 0)
    }
    expect(outcomes).toContain('called off')
    outcomes.delete('called off')
    outcomes.delete('done')
    expect([...outcomes]).toEqual([])
  })

  it('is called off while it waits for the pool, or goes on without it', async () => {
    const taken = Array.from({ length: 4 }, () => pool.lease(20_000))
    const controller = new AbortController()
    const operation = operate(controller.signal).catch((error: Error) => error)
    await Promise.race([until(() => pool.stats().waiting === 1), operation])
    controller.abort(reason)
    await operation
    expect(pool.stats()).toMatchObject({ inUse: 4, waiting: 0 })
    for (const lease of taken) lease.release()
  })
})

/** An open file whose reads wait until they are told to go on. */
class SlowFile {
  readonly pending: { readonly memory: ArrayBufferLike; readonly goOn: () => void }[] = []
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
    const read = handle.read.bind(handle)
    const slow = async (buffer: Buffer, offset: number, length: number, position: number | null) => {
      await new Promise<void>((resolve) => this.pending.push({ memory: buffer.buffer, goOn: resolve }))
      return read(buffer, offset, length, position)
    }
    handle.read = slow as unknown as FileHandle['read']
  }

  get handle(): FileHandle {
    return this.#handle
  }

  /** Lets the reads that wait go on, and further ones up to `count`, then waits for another. */
  async pass(count: number): Promise<void> {
    for (let passed = 0; passed < count; passed++) {
      await until(() => this.pending.length > 0)
      this.pending.shift()?.goOn()
    }
    await until(() => this.pending.length > 0)
  }
}

/** All memory that the pool would give to others now. */
function takeAll(): ArrayBufferLike[] {
  const memory: ArrayBufferLike[] = []
  for (;;) {
    try {
      memory.push(pool.lease(1).buffer.buffer)
    } catch {
      return memory
    }
  }
}

type Reader = (file: SlowFile, signal: AbortSignal) => Promise<unknown>

const readers: Record<string, Reader> = {
  readFilePooled: async ({ handle }, signal) => (await readFilePooled(handle, { pool, signal })).release(),
  'pooledFileChunks, called off': async ({ handle }, signal) => {
    for await (using _ of pooledFileChunks(handle, { pool, signal, chunkBytes: 5000, readAhead: 2 }));
  },
  'pooledFileChunks of several reads at a time, called off': async ({ handle }, signal) => {
    for await (using _ of pooledFileChunks(handle, { pool, signal, chunkBytes: 4000, start: 0, readAhead: 2 }));
  }
}

describe.each(Object.entries(readers))('a read under way: %s', (name, start) => {
  it.each(name.startsWith('readFile') ? [[0]] : [[0], [1], [2], [3], [4]])(
    'keeps its memory until it has ended, after %i others',
    async (count) => {
      const file = new SlowFile(await open(path))
      const controller = new AbortController()
      const operation = start(file, controller.signal)
      await file.pass(count)
      controller.abort(reason)
      // At once, though the read goes on.
      await expect(operation).rejects.toBe(reason)
      const under = file.pending.map(({ memory }) => memory)
      const others = takeAll()
      // Those that went on just now may not have ended yet.
      expect(others.length).toBeLessThanOrEqual(4 - under.length)
      for (const memory of under) expect(others).not.toContain(memory)
      for (const { goOn } of file.pending) goOn()
      await until(() => pool.stats().inUse === others.length)
      await file.handle.close()
      pool = new BufferPool({ bufferSize: 20_000, initialSize: 0, maxSize: 4 })
    }
  )
})

describe('a consumer that goes away', () => {
  it.each([[1], [2], [3], [4]])('breaks off after %i chunks, and waits for the read of a file that is under way', async (count) => {
    const file = new SlowFile(await open(path))
    let ended = false
    const loop = (async () => {
      let left = count
      for await (using _ of pooledFileChunks(file.handle, { pool, chunkBytes: 2000, readAhead: 1 })) {
        if (--left > 0) continue
        await until(() => file.pending.length > 0)
        break
      }
      ended = true
    })()
    await file.pass(count)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(ended).toBe(false)
    expect(pool.stats().inUse).toBe(1)
    file.pending.shift()?.goOn()
    await loop
    expect(pool.stats().inUse).toBe(0)
    await file.handle.close()
  })
})

describe('a pipe that nobody writes to', () => {
  it.each([
    ['readFilePooled', (fifo: string, signal: AbortSignal) => readFilePooled(fifo, { pool, signal })],
    ['pooledFileChunks', (fifo: string, signal: AbortSignal) => pooledFileChunks(fifo, { pool, signal, chunkBytes: 5000 }).next()]
  ])('is given up by %s while it is opened, and closed once it was', async (_, start) => {
    const fifo = folder.fifo()
    const controller = new AbortController()
    const operation = start(fifo, controller.signal)
    setTimeout(() => controller.abort(reason), 5)
    await expect(operation).rejects.toBe(reason)
    const writer = await open(fifo, 'w')
    await writer.close()
    await until(() => openFiles().length === 0)
  })

  it.each([
    ['readFilePooled', 20_000, (fifo: string, signal: AbortSignal) => readFilePooled(fifo, { pool, signal })],
    ['pooledFileChunks', 5000, (fifo: string, signal: AbortSignal) => pooledFileChunks(fifo, { pool, signal, chunkBytes: 5000 }).next()]
  ])('is given up by %s at once, and its memory when the read has ended', async (_, __, start) => {
    const fifo = folder.fifo()
    const controller = new AbortController()
    const operation = start(fifo, controller.signal)
    const writer = await open(fifo, 'w')
    await until(() => pool.stats().inUse === 1)
    controller.abort(reason)
    await expect(operation).rejects.toBe(reason)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(pool.stats().inUse).toBe(1)
    await writer.write('late')
    await until(() => pool.stats().inUse === 0)
    await writer.close()
    expect(pool.stats().quarantined).toBe(0)
  })

  it('is left by a break at once, though its read goes on', async () => {
    const fifo = folder.fifo()
    const reading = pooledFileChunks(fifo, { pool, chunkBytes: 5000 })
    const writing = open(fifo, 'w').then(async (writer) => {
      await writer.write('first')
      return writer
    })
    for await (using lease of reading) {
      expect(lease.buffer.toString()).toBe('first')
      await until(() => pool.stats().inUse === 2)
      break
    }
    expect(pool.stats().inUse).toBe(1)
    const writer = await writing
    await writer.write('late')
    await reading.closed
    expect(pool.stats().inUse).toBe(0)
    await writer.close()
  })

  it('keeps a destroyed stream from closing until its read has ended, as with fs', async () => {
    const fifo = folder.fifo()
    const stream = createPooledReadStream(fifo, { pool, chunks: 'copy', highWaterMark: 5000 })
    stream.resume()
    const writer = await open(fifo, 'w')
    await until(() => pool.stats().inUse === 1)
    stream.destroy()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect([stream.closed, pool.stats().inUse]).toEqual([false, 1])
    await writer.write('late')
    await until(() => stream.closed)
    expect(pool.stats().inUse).toBe(0)
    await writer.close()
  })
})

describe('faults', () => {
  it.each([[0], [1], [3]])('of the read after %i others come through, with all given back', async (count) => {
    const handle = await open(path)
    const read = handle.read.bind(handle)
    const broken = Object.assign(new Error('broken disk'), { code: 'EIO' })
    let left = count
    handle.read = (async (...all: Parameters<typeof read>) => {
      if (left-- === 0) throw broken
      return read(...all)
    }) as unknown as FileHandle['read']
    const got: number[] = []
    await expect(readChunks({ readAhead: 3 }, (bytes) => got.push(bytes), handle as unknown as FileHandle)).rejects.toBe(broken)
    expect(got.length).toBe(count)
    left = 0
    await expect(readFilePooled(handle, { pool })).rejects.toBe(broken)
    await handle.close()
  })

  it('of waiting too long come from the pool', async () => {
    const impatient = new BufferPool({ bufferSize: 5000, maxSize: 1, acquireTimeoutMs: 1 })
    const taken = impatient.lease(5000)
    await expect(readChunks({ pool: impatient })).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' })
    taken.release()
  })
})
