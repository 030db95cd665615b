import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BufferPool, poolManager } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'
import { RemoteStats } from '../src/remote-stats.js'
import { samplesOf, served } from './support/served.js'

const cli = compiled(fileURLToPath(new URL('../src/cli.ts', import.meta.url)))

function run(...parameters: string[]) {
  const child = spawn(process.execPath, [cli, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return { child, output, ended: once(child, 'close') }
}

describe.concurrent('pool-live', { timeout: 120_000 }, () => {
  it('shows the pools of a program by its stats route, and reads it while a page looks alone', async () => {
    const pool = new BufferPool({ name: 'far', bufferSize: 64 })
    let reads = 0
    await served(
      (_request, response) => {
        reads++
        response.end(JSON.stringify({ far: pool.stats() }))
      },
      async (port) => {
        const { child, output, ended } = run(`http://127.0.0.1:${port}/`)
        while (!output.stdout.includes('Ctrl-C') && child.exitCode === null) await once(child.stdout, 'data')
        const [, shown] = /localhost:(\d+)/.exec(output.stdout) ?? []
        expect(reads).toBe(1)
        const samples = await samplesOf(Number(shown), 3)
        expect(samples[0]).toMatchObject({ pools: [{ id: 'far' }], notices: [] })
        expect(samples[0]?.process).toBeUndefined()
        expect(reads).toBeGreaterThan(1)
        child.kill()
        await ended
      }
    )
    pool.destroy()
  })

  it.each([
    [[], 'must be one http or https URL'],
    [['localhost:3000'], 'must be one http or https URL'],
    [['http://localhost:1/', 'more'], 'must be one http or https URL'],
    [['http://localhost:1/', '--port', '70000'], '--port must be an integer'],
    [['http://localhost:1/', '--colour'], "Unknown option '--colour'"],
    [['http://127.0.0.1:65431/'], 'does not answer: ECONNREFUSED']
  ])('says what is wrong with %j, and exits with 1', async (parameters, sentence) => {
    const { output, ended } = run(...parameters)
    expect((await ended)[0]).toBe(1)
    expect(output.stderr).toContain(sentence)
    expect(output.stderr).not.toMatch(/\n\s+at /)
  })

  it('prints its usage', async () => {
    const { output, ended } = run('--help')
    expect((await ended)[0]).toBe(0)
    expect(output.stdout).toContain('--port')
  })
})

describe('RemoteStats', () => {
  it.each([
    [200, '[1]', 'does not answer with the stats of pools'],
    [200, 'no JSON', 'does not answer with the stats of pools'],
    [200, '{"a":null}', 'does not answer with the stats of pools'],
    [404, '{}', 'answered 404']
  ])('refuses an answer %i of %s, and keeps what it had', async (status, body, sentence) => {
    const answers = [
      { status: 200, body: JSON.stringify(poolManager.getStats()) },
      { status, body }
    ]
    await served(
      (_request, response) => {
        const next = answers.shift()
        response.writeHead(next?.status ?? 500).end(next?.body)
      },
      async (port) => {
        const stats = new RemoteStats(`http://127.0.0.1:${port}/`)
        await stats.read()
        await expect(stats.read()).rejects.toThrow(sentence)
      }
    )
  })
})
