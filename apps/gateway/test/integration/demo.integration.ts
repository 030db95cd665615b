import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { OWN_SAMPLES, readSamples } from '../../src/demo/samples.js'

// Each run starts two gateways, and machines may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const START = fileURLToPath(new URL('../../start.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gateway-demo-'))

afterAll(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

function demo(...parameters: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [START, 'demo', ...parameters], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr })
    )
  })
}

function corpus(name: string, lines: readonly unknown[]): string {
  const file = join(folder, name)
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return file
}

const sample = { id: 'one', kind: 'xss', label: 'attack', method: 'POST', uri: '/', headers: {}, body: 'q=<script>alert(1)</script>' }

describe('pnpm demo', () => {
  const samples = readSamples(OWN_SAMPLES)
  let run: Run

  beforeAll(async () => {
    run = await demo('--', '--requests', '400', '--enlarge', '8192', '--concurrency', '8', '--ingest', '4')
  })

  test('ends with 0 and says nothing of a failure', () => {
    expect(run.stderr).not.toContain('FAILED')
    expect(run.code).toBe(0)
  })

  test('shows progress where there is no terminal', () => {
    expect(run.stderr).toMatch(/replaying .* 100 %/)
  })

  test('shows verdicts for every kind of sample', () => {
    for (const kind of new Set(samples.map(({ kind }) => kind))) expect(run.stdout).toMatch(new RegExp(`^${kind} `, 'm'))
    const total = (label: string) => samples.filter((one) => one.label === label).length
    const sums = [...run.stdout.matchAll(/^all +(\d+) +(\d+) /gm)].map(([, requests, threats]) => [Number(requests), Number(threats)])
    expect(sums[0]?.[0]).toBe(total('attack'))
    expect(sums[1]?.[0]).toBe(total('ordinary'))
    // Not the detector's bar, only that verdicts are really read: most attacks are found, few others flagged.
    expect(sums[0]?.[1]).toBeGreaterThan(total('attack') / 2)
    expect(sums[1]?.[1]).toBeLessThan(total('ordinary') / 4)
  })

  test('shows both loads side by side, and the pools of both', () => {
    expect(run.stdout.match(/^ +pooled +unpooled$/gm)).toHaveLength(3)
    for (const figure of ['number', 'a second', 'latency p99, ms', 'GC time, ms', 'collections']) {
      expect(run.stdout).toMatch(new RegExp(`^${figure} +[\\d. ]+$`, 'm'))
    }
    expect([...run.stdout.matchAll(/^number +(\d+) +(\d+)$/gm)].map(([, ...counts]) => counts)).toEqual([
      ['400', '400'],
      ['400', '400'],
      ['64', '64']
    ])
    expect(run.stdout.match(/^bodies +\d/gm)).toHaveLength(4)
    expect(run.stdout.match(/^ingest +\d/gm)).toHaveLength(4)
  })

  test('shows what streams over TCP cost, all of whose messages were judged', () => {
    const table = run.stdout.slice(run.stdout.indexOf('Load: messages over TCP'))
    expect(table).toMatch(/^not answered 200 +0 +0$/m)
    for (const figure of ['server CPU, µs each', 'page faults each', 'peak RSS so far, MiB']) {
      expect(table).toMatch(new RegExp(`^${figure} +[1-9][\\d. ]* {2,}[1-9][\\d. ]*$`, 'm'))
    }
  })
})

describe('pnpm demo --corpus', () => {
  test('replays another file', async () => {
    const file = corpus('two.jsonl', [sample, { ...sample, id: 'two', kind: 'text', label: 'ordinary', body: 'nothing' }])
    const { code, stdout } = await demo('--corpus', file, '--requests', '10', '--enlarge', '0', '--ingest', '0')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^xss +1 +1 +100\.0 +100\.0$/m)
    expect(stdout).toMatch(/^text +1 +0 +0\.0$/m)
    expect(stdout).not.toContain('messages over TCP')
  })

  test('ends with 1 when requests are refused, and says how many and how', async () => {
    const file = corpus('large.jsonl', [{ ...sample, body: 'a'.repeat(2 ** 20 + 1) }])
    const { code, stderr } = await demo('--corpus', file, '--requests', '8', '--enlarge', '0', '--concurrency', '2')
    expect(code).toBe(1)
    expect(stderr).toContain('FAILED: pooled: 1 samples got no verdict')
    expect(stderr).toContain('FAILED: unpooled: 8 requests were not answered 200, but 413')
  })

  test('compares nothing of a load that no time was left for', async () => {
    const file = corpus('one.jsonl', [{ ...sample, label: 'ordinary', body: 'nothing' }])
    const { code, stdout } = await demo('--corpus', file, '--requests', '1000000', '--seconds', '1', '--ingest', '0')
    expect(code).toBe(0)
    expect(stdout).toContain('The loads were cut short after 1 s')
    expect(stdout).not.toMatch(/NaN|Infinity|Load: requests with ordinary bodies|CPU for requests with/)
  })

  test('names the line that is no sample, before it starts anything', async () => {
    const { code, stdout, stderr } = await demo('--corpus', corpus('bad.jsonl', [sample, '', '{"id": 3']))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('FAILED: line 3 is no sample')
  })

  test('ends with 1 when there is no such file', async () => {
    const { code, stderr } = await demo('--corpus', join(folder, 'missing.jsonl'))
    expect(code).toBe(1)
    expect(stderr).toContain('ENOENT')
  })
})

test('an option that is no number is refused', async () => {
  const { code, stderr } = await demo('--requests', '1e3')
  expect(code).toBe(1)
  expect(stderr).toContain('Expected a whole number in 1..')
})
