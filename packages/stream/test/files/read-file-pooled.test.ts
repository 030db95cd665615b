import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { appendFile, type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { BufferPool, SizeClassPool } from '@pool/core'
import { readFilePooled } from '@pool/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
const pool = new SizeClassPool()

afterEach(() => {
  expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
})

async function pooled(path: Parameters<typeof readFilePooled>[0], options = {}): Promise<Buffer> {
  const lease = await readFilePooled(path, { pool, ...options })
  try {
    return Buffer.from(lease.buffer)
  } finally {
    lease.release()
  }
}

/** What a promise came to, as far as two implementations can agree. */
async function outcome(promise: Promise<Buffer>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    const { name, code, syscall, path, message } = error as NodeJS.ErrnoException
    return { name, code, syscall, path, message }
  }
}

describe('readFilePooled', () => {
  it.each([[0], [1], [4095], [4096], [65_536], [65_537], [5_000_000]])('reads a file of %i bytes, exactly', async (bytes) => {
    const path = folder.file(pattern(bytes))
    const lease = await readFilePooled(path, { pool })
    expect(lease.buffer.equals(await readFile(path))).toBe(true)
    lease.release()
    expect((await pooled(pathToFileURL(path))).length).toBe(bytes)
    expect((await pooled(Buffer.from(path))).length).toBe(bytes)
  })

  it('has a pool of its own for those who bring none', async () => {
    const lease = await readFilePooled(folder.file('text'))
    expect(lease.buffer.toString()).toBe('text')
    lease.release()
  })

  it('fails as fs.readFile does', async () => {
    mkdirSync(`${folder.path}/folder`)
    for (const path of [`${folder.path}/nothing`, `${folder.path}/nothing/below`, 'a\0b']) {
      const failure = await outcome(pooled(path))
      expect(failure).toEqual(await outcome(readFile(path)))
      expect(failure).toHaveProperty('code')
    }
    // From Node 26 on fs names the path in this error, too.
    await expect(pooled(`${folder.path}/folder`)).rejects.toMatchObject({ code: 'EISDIR', syscall: 'read' })
  })

  it('reads files of /proc, which say that they are empty', async () => {
    expect((await pooled('/proc/self/cmdline')).equals(await readFile('/proc/self/cmdline'))).toBe(true)
  })

  it('reads pipes to their end, through growing memory', async () => {
    for (const bytes of [0, 10, 65_536, 300_000]) {
      const path = folder.fifo()
      const [read] = await Promise.all([pooled(path), writeFile(path, pattern(bytes))])
      expect(read.equals(pattern(bytes))).toBe(true)
    }
  })

  // fs asks for the size where no test can come between; that it reads so much and no more is in its source.
  it.each([
    ['grows', 100_000, (path: string) => appendFile(path, pattern(50_000))],
    ['shrinks', 30_000, async (path: string) => truncateSync(path, 30_000)],
    ['is emptied', 0, async (path: string) => truncateSync(path, 0)]
  ])('reads of a file that %s after its size was asked %i bytes', async (_, bytes, change) => {
    const path = folder.file(pattern(100_000))
    const handle = await open(path)
    const stat = handle.stat.bind(handle)
    handle.stat = (async () => {
      const stats = await stat()
      await change(path)
      return stats
    }) as typeof handle.stat
    expect((await pooled(handle)).equals(pattern(bytes))).toBe(true)
    await handle.close()
  })

  it('reads a FileHandle from where it stands, and leaves it open', async () => {
    const path = folder.file(pattern(1000))
    const read = async (reader: (handle: FileHandle) => Promise<Buffer>) => {
      const handle = await open(path)
      await handle.read(Buffer.alloc(100), 0, 100)
      const contents = await reader(handle)
      expect((await handle.stat()).size).toBe(1000)
      await handle.close()
      return contents
    }
    expect((await read(pooled)).equals(await read((handle) => handle.readFile()))).toBe(true)
  })

  it('waits for an exhausted pool', async () => {
    const one = new BufferPool({ bufferSize: 100, maxSize: 1 })
    const taken = one.lease(100)
    const reading = readFilePooled(folder.file(pattern(100)), { pool: one })
    await until(() => one.stats().waiting === 1)
    taken.release()
    ;(await reading).release()
    expect(one.stats().inUse).toBe(0)
  })

  it('refuses what the pool can not serve, and what is above maxBytes, also where no size is told', async () => {
    const small = new BufferPool({ bufferSize: 100 })
    const path = folder.file(pattern(101))
    await expect(readFilePooled(path, { pool: small })).rejects.toMatchObject({ code: 'ERR_POOL_TOO_LARGE' })
    await expect(pooled(path, { maxBytes: 100 })).rejects.toMatchObject({ code: 'ERR_POOL_FILE_TOO_LARGE' })
    expect((await pooled(path, { maxBytes: 101 })).length).toBe(101)
    await expect(pooled('/dev/zero', { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'ERR_POOL_FILE_TOO_LARGE' })
    expect(small.stats().inUse).toBe(0)
  })

  it('never waits for more while it holds some, which two of them could not survive', async () => {
    const bounded = new SizeClassPool({ maxLiveBytes: 1024 * 1024, memoryPressure: false })
    await expect(readFilePooled('/dev/zero', { pool: bounded })).rejects.toMatchObject({ code: 'ERR_POOL_EXHAUSTED' })
    expect(bounded.stats().inUse).toBe(0)
  })

  it.each([
    ['path', 7, {}],
    ['pool', 'x', { pool: {} }],
    ['maxBytes', 'x', { maxBytes: -1 }],
    ['signal', 'x', { signal: {} }],
    ['encoding', 'x', { encoding: 'utf8' }]
  ])('refuses by name what can not be: %s', async (name, path, options) => {
    await expect(readFilePooled(path as string, options as object)).rejects.toMatchObject({
      code: 'ERR_POOL_INVALID_OPTION',
      message: expect.stringContaining(name)
    })
  })

  it('looks at its arguments before it opens anything', async () => {
    writeFileSync(`${folder.path}/kept`, 'x')
    await expect(readFilePooled(`${folder.path}/kept`, { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early')
  })
})
