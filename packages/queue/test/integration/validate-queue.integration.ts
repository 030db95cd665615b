import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { serializeJson } from '@tooling/redis-testbed/pooled-stream'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisClient } from '../../src/index.js'
import { validateQueue } from '../../src/validate.js'
import { flipProxy } from '../support/flip-proxy.js'
import { testPool } from '../support/test-pool.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const packageFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the command as a shell does, in the folder of the package. */
function run(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'pool-queue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  const node = ['--conditions=@pool/source', '--import', 'tsx', cli, ...args, '--report', report]
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { cwd: packageFolder, encoding: 'utf8', timeout: 110_000 })
  return { status, stdout, stderr, report: JSON.parse(readFileSync(report, 'utf8')) }
}

describe('validateQueue', () => {
  it('finds every message as it was sent, on every way, up to 10 MiB, and leaves nothing but what expires', async () => {
    const pool = testPool()
    const told: number[] = []
    const report = await validateQueue({
      url: server.url,
      messages: 500,
      pool,
      connect: (target) => connectPooled({ ...target, pool }),
      serializeJson: (value) => serializeJson(value, { pool }),
      folder: packageFolder,
      onProgress: (_, done) => told.push(done)
    })
    expect(report).toMatchObject({ passed: true, difference: undefined, skipped: [], messages: 500 })
    expect(report.routes.map(({ route }) => route)).toEqual([
      'queue, leases → queue',
      'queue, Buffers → queue',
      'store → store',
      'queue, leases → ioredis',
      'ioredis → queue',
      'ioredis → ioredis',
      'queue, leases → node-redis',
      'node-redis → queue',
      'node-redis → node-redis',
      'BullMQ, reference',
      'BullMQ, Buffer in JSON'
    ])
    for (const { messages, cpuUsPerMessage } of report.routes) {
      expect(messages).toBeGreaterThan(490)
      expect(cpuUsPerMessage).toBeGreaterThan(0)
    }
    expect([...told].sort((one, other) => one - other)).toEqual(told)
    expect(pool.stats().inUse).toBe(0)
    await using redis = new RedisClient({ url: server.url })
    for (const key of (await redis.send(['KEYS', '*'])) as string[]) expect([key, await redis.send(['TTL', key])]).not.toEqual([key, -1])
  })
})

describe('pool-queue validate', () => {
  it('exits with 0, prints a table whose columns are aligned, and writes the report', () => {
    const { status, stdout, stderr, report } = run('validate', server.url, '--messages', '0', '--max-bytes', '100000')
    expect([status, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n')
    const table = lines.slice(0, lines.indexOf(''))
    expect(table.length).toBe(report.routes.length + 1)
    expect(new Set(table.map(({ length }) => length)).size).toBe(1)
    expect(stdout).toContain('passed: all')
    expect(report).toMatchObject({ passed: true, redis: expect.stringMatching(/^\d+\./) })
  })

  it('exits with 1 at the first byte that comes back changed, and says where', async () => {
    const proxy = await flipProxy(server.port, 3000)
    // In this process, since the proxy runs here: a subprocess that is waited for would wait for it.
    const { runCommandLine } = await import('../../src/validator/command-line.js')
    const folder = mkdtempSync(join(tmpdir(), 'pool-queue-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    let printed = ''
    const output = { write: (text: string) => (printed += text) }
    const code = await runCommandLine(['validate', proxy.url, '--max-bytes', '200000'], { folder, stdout: output, stderr: output })
    expect([code, proxy.flips()]).toEqual([1, 1])
    expect(printed).toMatch(/FAILED: bytes · queue, leases → queue · .*: byte \d+ of \d+ is \d+, and \d+ was sent/)
    const report = JSON.parse(readFileSync(join(folder, 'pool-queue-report.json'), 'utf8'))
    expect(report).toMatchObject({ passed: false, routes: [], difference: { kind: 'bytes' } })
  })
})
