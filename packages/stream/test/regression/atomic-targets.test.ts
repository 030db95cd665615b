import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { writeFileAtomic } from '@pool/stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { TempFolder } from '../support/temp-folder.js'

const all = new TempFolder()
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(all.path, 'targets-'))
})

const notReplaceable = { code: 'ERR_POOL_FILE_NOT_REPLACEABLE' }

/** Whether this process may mount; a container's usually may not. */
function mounts(source: string, target: string): boolean {
  try {
    execFileSync('mount', ['--bind', source, target], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('writeFileAtomic, by the kind of its target', () => {
  it.each([
    ['an absolute link', (name: string) => join(folder, name)],
    ['a relative link', (name: string) => name]
  ])('keeps %s to a file that is not there yet, through several links', async (_, to) => {
    symlinkSync(to('real'), join(folder, 'second'))
    symlinkSync(to('second'), join(folder, 'link'))
    await writeFileAtomic(join(folder, 'link'), 'x')
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(folder, 'second')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('x')
  })

  it('follows .. behind a linked folder as the system does', async () => {
    mkdirSync(join(folder, 'a/deep'), { recursive: true })
    symlinkSync(join(folder, 'a/deep'), join(folder, 'linked'))
    symlinkSync('linked/../real', join(folder, 'link'))
    await writeFileAtomic(join(folder, 'link'), 'x')
    expect(readFileSync(join(folder, 'a/real'), 'utf8')).toBe('x')
    expect(existsSync(join(folder, 'real'))).toBe(false)
  })

  it('fails where links lead in a circle, and leaves them', async () => {
    symlinkSync('two', join(folder, 'one'))
    symlinkSync('one', join(folder, 'two'))
    await expect(writeFileAtomic(join(folder, 'one'), 'x')).rejects.toMatchObject({ code: 'ELOOP' })
    expect(readdirSync(folder).sort()).toEqual(['one', 'two'])
  })

  it.each([[1], [250], [255]])('writes a file whose name has %i bytes', async (bytes) => {
    const path = join(folder, 'n'.repeat(bytes))
    await writeFileAtomic(path, 'x')
    await writeFileAtomic(path, 'y')
    expect(readFileSync(path, 'utf8')).toBe('y')
    expect(readdirSync(folder).length).toBe(1)
  })

  it('refuses a pipe, a device and a socket, also behind a link, and leaves them', async () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    symlinkSync('/dev/null', join(folder, 'null'))
    const socket = join(folder, 'socket')
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once('listening', resolve))
    for (const name of ['fifo', 'null', 'socket']) {
      await expect(writeFileAtomic(join(folder, name), 'x')).rejects.toMatchObject(notReplaceable)
    }
    await expect(writeFileAtomic('/dev/null', 'x')).rejects.toMatchObject(notReplaceable)
    expect([lstatSync(fifo).isFIFO(), statSync('/dev/null').isCharacterDevice(), lstatSync(socket).isSocket()]).toEqual([true, true, true])
    server.close()
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('refuses a file that is mounted on its name, and leaves nothing', async (test) => {
    const [source, target] = [join(folder, 'source'), join(folder, 'target')]
    writeFileSync(source, 'old')
    writeFileSync(target, '')
    if (!mounts(source, target)) test.skip('this process may not mount')
    try {
      await expect(writeFileAtomic(target, 'new')).rejects.toMatchObject(notReplaceable)
      expect(readFileSync(target, 'utf8')).toBe('old')
      expect(readdirSync(folder).sort()).toEqual(['source', 'target'])
    } finally {
      execFileSync('umount', [target])
    }
  })

  it('takes no file and no link for its own that another process planted', async () => {
    const path = join(folder, 'file')
    const names = new Set<string>()
    for (let round = 0; round < 20; round++) {
      const writing = writeFileAtomic(path, Buffer.alloc(1_000_000))
      while (names.size <= round) {
        for (const name of readdirSync(folder)) if (name !== 'file') names.add(name)
        await new Promise(setImmediate)
      }
      await writing
    }
    expect(names.size).toBe(20)
    for (const name of names) expect(name).toMatch(/^\.pool-[0-9a-f]{24}\.tmp$/)
  })

  it('rejects at once with the reason when it is called off, also before its turn, and then goes on', async () => {
    const path = join(folder, 'turns')
    const control = new AbortController()
    const reason = new Error('stop')
    const first = writeFileAtomic(path, Buffer.alloc(100_000_000))
    let isFirstOver = false
    const over = first.then(() => {
      isFirstOver = true
    })
    const second = writeFileAtomic(path, 'second', { signal: control.signal })
    const third = writeFileAtomic(path, 'third')
    control.abort(reason)
    await expect(second).rejects.toBe(reason)
    expect(isFirstOver).toBe(false)
    await over
    await third
    expect(readFileSync(path, 'utf8')).toBe('third')
    expect(readdirSync(folder)).toEqual(['turns'])
  }, 60_000)
})
