import { execFile } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { SizeClassPool } from '@pool/core'
import { writeFileAtomic } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { compiledText } from '../../../../tooling/vitest-config/src/compiled.js'
import { pattern, TempFolder } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const folder = new TempFolder()
const pool = new SizeClassPool()

/** The names of `path` and of temporary files in its folder, as far as they are there. */
function besides(path: string): string[] {
  return readdirSync(dirname(path)).filter((name) => name === basename(path) || name.startsWith('.pool-'))
}

const withoutRights = 'if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534) }\n'

/** Runs a script in a process of its own, where writeFileAtomic is there, and `path`. */
async function inProcess(path: string, script: string): Promise<void> {
  const program = `
    import { writeFileAtomic } from '../../src/files/write-file-atomic.ts'
    const path = process.argv[2]
    ${script}`
  await promisify(execFile)(process.execPath, [compiledText(program, fileURLToPath(new URL('.', import.meta.url))), path])
}

describe('writeFileAtomic', () => {
  it('writes strings, bytes and leases', async () => {
    const path = folder.name()
    await writeFileAtomic(path, 'é')
    expect(readFileSync(path, 'utf8')).toBe('é')
    await writeFileAtomic(path, 'é', { encoding: 'latin1', fsync: false })
    expect(readFileSync(path, 'latin1')).toBe('é')
    await writeFileAtomic(pathToFileURL(path), new Uint8Array(pattern(3_000_000)))
    expect(readFileSync(path).equals(pattern(3_000_000))).toBe(true)
    const lease = pool.lease(5000)
    lease.buffer.set(pattern(5000))
    const writing = writeFileAtomic(path, lease)
    lease.release()
    expect(pool.stats().inUse).toBe(1)
    await writing
    expect(readFileSync(path).equals(pattern(5000))).toBe(true)
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
    await writeFileAtomic(path, '')
    expect(readFileSync(path).length).toBe(0)
    expect(besides(path).length).toBe(1)
  })

  it('shows the old contents or the new to whoever reads meanwhile, never a part', async () => {
    const path = folder.file('old')
    const wanted = pattern(8_000_000)
    let over = false
    const writing = writeFileAtomic(path, wanted).then(() => {
      over = true
    })
    const lengths = new Set<number>()
    while (!over) {
      lengths.add(readFileSync(path).length)
      await setTimeout(0)
    }
    await writing
    lengths.delete(3)
    lengths.delete(wanted.length)
    expect([...lengths]).toEqual([])
  })

  it('leaves the file as it was when it is called off, and the memory to nobody', async () => {
    const path = folder.file('old')
    const lease = pool.lease(20_000_000)
    const controller = new AbortController()
    const writing = writeFileAtomic(path, lease, { signal: controller.signal })
    await setTimeout(2)
    controller.abort()
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' })
    lease.release()
    // The write that is under way ends afterwards.
    await until(() => pool.stats().inUse === 0 && besides(path).length === 1)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 1 })
  })

  it('fails as fs does where nothing can be written, and leaves nothing', async () => {
    const missing = `${folder.name()}/below`
    await expect(writeFileAtomic(missing, 'x')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' })
    const taken = `${folder.path}/folder`
    mkdirSync(taken)
    await expect(writeFileAtomic(taken, 'x')).rejects.toMatchObject({ code: 'EISDIR' })
    expect(besides(taken).length).toBe(1)
  })

  it('keeps the mode of the file, or sets the one that it is given', async () => {
    const path = folder.file('old')
    chmodSync(path, 0o640)
    await writeFileAtomic(path, 'new')
    expect(statSync(path).mode & 0o777).toBe(0o640)
    await writeFileAtomic(path, 'newer', { mode: 0o600 })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('follows a symbolic link', async () => {
    const path = folder.file('old')
    const link = folder.name()
    symlinkSync(path, link)
    await writeFileAtomic(link, 'new')
    expect([lstatSync(link).isSymbolicLink(), readFileSync(path, 'utf8')]).toEqual([true, 'new'])
  })

  it('takes turns where several write to one path', async () => {
    const path = folder.name()
    await Promise.all(Array.from({ length: 8 }, (_, index) => writeFileAtomic(path, String(index).repeat(1000), { fsync: false })))
    expect(readFileSync(path, 'utf8')).toMatch(/^(\d)\1{999}$/)
    expect(besides(path).length).toBe(1)
  })

  it('replaces a file that is read-only, as a user without further rights', async () => {
    const path = folder.file('old')
    chmodSync(path, 0o444)
    chmodSync(folder.path, 0o777)
    const own = `${path}.own`
    await inProcess(own, `${withoutRights} await writeFileAtomic(path, 'old', { mode: 0o444 }); await writeFileAtomic(path, 'new')`)
    expect(readFileSync(own, 'utf8')).toBe('new')
    expect(statSync(own).mode & 0o777).toBe(0o444)
  })

  it('takes the set-user-id bit away where the owner can not be kept', async () => {
    const inside = mkdtempSync(`${folder.path}/shared-`)
    const path = `${inside}/tool`
    writeFileSync(path, 'old')
    chmodSync(path, 0o4755)
    chmodSync(inside, 0o777)
    const isRoot = process.getuid?.() === 0
    await inProcess(path, `${withoutRights} await writeFileAtomic(path, 'new')`)
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o7777).toBe(isRoot ? 0o755 : 0o4755)
  })

  it('removes its temporary file when the process exits, and leaves one that can be found when it is killed', async () => {
    const inside = mkdtempSync(`${folder.path}/ended-`)
    const begin = `
      import { readdirSync } from 'node:fs'
      import { dirname } from 'node:path'
      await writeFileAtomic(path, 'old', { mode: 0o666 })
      void writeFileAtomic(path, Buffer.alloc(300_000_000))
      while (readdirSync(dirname(path)).length < 2) await new Promise(setImmediate)
    `
    await inProcess(`${inside}/file`, `${begin}; process.exit()`)
    expect(readdirSync(inside)).toEqual(['file'])
    await inProcess(`${inside}/file`, `${begin}; process.kill(process.pid, 'SIGKILL')`).catch(() => {})
    const [left, file] = readdirSync(inside).sort()
    expect([left, file]).toEqual([expect.stringMatching(/^\.pool-[0-9a-f]{24}\.tmp$/), 'file'])
    expect(statSync(`${inside}/${left}`).mode & 0o777).toBe(0o600)
    await writeFileAtomic(`${inside}/file`, 'new')
    expect(readFileSync(`${inside}/file`, 'utf8')).toBe('new')
    await promisify(execFile)('find', [inside, '-maxdepth', '1', '-name', '.pool-*.tmp', '-delete'])
    expect(readdirSync(inside)).toEqual(['file'])
  }, 60_000)

  it.each([
    ['path', 7, 'x', {}],
    ['path', '', 'x', {}],
    ['path', new URL('http://host/x'), 'x', {}],
    ['data', 'x', 7, {}],
    ['mode', 'x', 'x', { mode: -1 }],
    ['fsync', 'x', 'x', { fsync: 1 }],
    ['encoding', 'x', 'x', { encoding: 'klingon' }],
    ['signal', 'x', 'x', { signal: 7 }],
    ['chown', 'x', 'x', { chown: {} }]
  ])('refuses by name what can not be: %s', async (name, path, data, options) => {
    await expect(writeFileAtomic(path as string, data as string, options as object)).rejects.toMatchObject({
      code: 'ERR_POOL_INVALID_OPTION',
      message: expect.stringContaining(name)
    })
  })

  it('does nothing where the signal was aborted before, or the lease released', async () => {
    const path = folder.name()
    await expect(writeFileAtomic(path, 'x', { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early')
    const lease = pool.lease(10)
    lease.release()
    await expect(writeFileAtomic(path, lease)).rejects.toMatchObject({ code: 'ERR_POOL_LEASE_RELEASED' })
    expect(besides(path)).toEqual([])
  })
})
