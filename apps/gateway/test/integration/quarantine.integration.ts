import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startUnderTest } from '../gateway-under-test.js'

let redis: RedisServer
const folder = mkdtempSync(join(tmpdir(), 'quarantine-'))

beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(async () => {
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
})

const start = fileURLToPath(new URL('../../start.js', import.meta.url))

/** Runs `pnpm quarantine` to its end. */
async function quarantine(url: string | undefined, ...parameters: string[]) {
  const { QUEUE_URL: _, ...others } = process.env
  const env = url === undefined ? others : { ...others, QUEUE_URL: url }
  const child = spawn(process.execPath, [start, 'quarantine', ...parameters], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stderr, lines: stdout.split('\n').filter((line) => line !== '') }
}

describe('the quarantine', { timeout: 120_000 }, () => {
  test('has each message that is a threat, byte for byte, with its verdict, and is empty afterwards', async () => {
    const gateway = await startUnderTest({ QUEUE_URL: redis.url })
    const attack = Buffer.concat([Buffer.from('<script>alert(1)</script> '), Buffer.from([0, 255, 254, 13])])
    const body = Buffer.concat([Buffer.from('hello\n'), attack, Buffer.from('\nbye\n<script>x()</script>\n')])
    const answer = await fetch(new URL('/ingest?framing=newline', gateway.url), { method: 'POST', body })
    const verdicts = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['clean', 'threat', 'clean', 'threat'])
    // What is on its way gets there first.
    expect(await gateway.close()).toBe(true)
    expect(gateway.log.join()).toContain('"kept":2,"dropped":0')

    const { code, lines, stderr } = await quarantine(redis.url, '--once', '--save', folder)
    expect([code, stderr]).toEqual([0, ''])
    const found = lines.map((line) => JSON.parse(line))
    const sha256 = createHash('sha256').update(attack).digest('hex')
    expect(found).toEqual([
      { ...verdicts[1], sha256, deliveries: 1 },
      { ...verdicts[3], sha256: expect.any(String), deliveries: 1 }
    ])
    expect(readFileSync(join(folder, sha256))).toEqual(attack)
    expect((await quarantine(redis.url, '--once')).lines).toEqual([])
  })

  test('has a message that is as long as BODY_LIMIT_BYTES', async () => {
    const limit = 12 * 1024 * 1024
    vi.stubEnv('BODY_LIMIT_BYTES', String(limit))
    onTestFinished(() => void vi.unstubAllEnvs())
    const gateway = await startUnderTest({ QUEUE_URL: redis.url, BODY_LIMIT_BYTES: String(limit) })
    const message = Buffer.alloc(limit, 'text ')
    message.write('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>')
    const answer = await fetch(new URL('/ingest?framing=newline', gateway.url), {
      method: 'POST',
      body: Buffer.concat([message, Buffer.from('\n')])
    })
    expect(JSON.parse(await answer.text())).toMatchObject({ verdict: 'threat', bytes: limit })
    expect(await gateway.close()).toBe(true)
    expect(gateway.log.join()).toContain('"kept":1,"dropped":0')
    const { lines, stderr } = await quarantine(redis.url, '--once')
    expect([stderr, lines.length]).toEqual(['', 1])
    expect(JSON.parse(lines[0] as string)).toMatchObject({ bytes: limit, sha256: createHash('sha256').update(message).digest('hex') })
  })

  test('says in a sentence that there is no Redis, or that none was named', async () => {
    const refused = await quarantine('redis://127.0.0.1:1', '--once')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^The quarantine can't be read: .+\n$/)])
    const unnamed = await quarantine(undefined)
    expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringMatching(/^QUEUE_URL: expected .+\n$/)])
  })
})
