import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { RedisClient } from '../../src/client/redis-client.js'
import { validateQueue } from '../../src/validate.js'
import { runCommandLine } from '../../src/validator/command-line.js'

async function run(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'pool-queue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const written = { stdout: '', stderr: '' }
  const to = (name: 'stdout' | 'stderr') => ({ write: (text: string) => (written[name] += text) })
  const code = await runCommandLine(args, { folder, stdout: to('stdout'), stderr: to('stderr') })
  return { code, folder, ...written }
}

describe('pool-queue', () => {
  it('says how it is called', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('pool-queue validate redis://')
  })

  it.each([
    [[]],
    [['validate']],
    [['check', 'redis://localhost']],
    [['validate', 'redis://localhost', 'more']],
    [['validate', 'redis://localhost', '--message', '5']],
    [['validate', 'redis://localhost', '--messages', 'many']],
    [['validate', 'redis://localhost', '--seed', '-1']],
    [['validate', 'http://ada:secret@localhost']]
  ])('exits with 2 when it is called with %j, and quotes no password', async (args) => {
    const { code, stderr, stdout } = await run(...args)
    expect(code).toBe(2)
    expect(stderr).not.toBe('')
    expect(stderr + stdout).not.toContain('secret')
  })

  it('exits with 1 where there is no Redis, and reports that', async () => {
    const { send } = RedisClient.prototype
    vi.spyOn(RedisClient.prototype, 'send').mockImplementation(function (this: RedisClient, parts, options) {
      return send.call(this, parts, { ...options, timeoutMs: 500 })
    })
    const { code, folder, stdout } = await run('validate', 'redis://ada:secret@127.0.0.1:1', '--report', 'found.json', '--messages', '0')
    expect(code).toBe(1)
    expect(stdout).toContain('FAILED: error · connection')
    const text = readFileSync(join(folder, 'found.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ passed: false, difference: { kind: 'error' }, routes: [] })
    expect(text + stdout).not.toContain('secret')
  })
})

describe('validateQueue', () => {
  it.each([
    {},
    { url: 7 },
    { messages: -1 },
    { maxBytes: 0 },
    { maxBytes: 11 * 1024 * 1024 },
    { seed: 0.5 },
    { folder: 7 },
    { onProgress: 7 },
    { pool: 7 },
    { n: 1 }
  ])('refuses %j with ERR_POOL_INVALID_OPTION', async (options) => {
    await expect(validateQueue(options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
  })
})
