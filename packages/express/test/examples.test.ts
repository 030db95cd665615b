import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'

const folder = new URL('../examples/', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const names = readdirSync(folder)

const printed: Record<string, unknown[][]> = {
  'hold-body.ts': [[202], [['a job']], [0]],
  'uploads.ts': [['cat.png: 8 bytes'], [[3]], [0]],
  'json-and-routes.ts': [[{ bytes: 7, room: 4096 }], [['bodies']], [200, { healthy: true, warnings: [], errors: [] }]]
}

describe('examples', () => {
  it.each(names)('%s stands in the README word for word', (name) => {
    const source = readFileSync(new URL(name, folder), 'utf8').trim()
    expect(readme).toContain(`\`\`\`ts\n${source}\n\`\`\``)
  })

  it.each(Object.keys(printed))('%s runs and prints what it says', async (name) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(new URL(name, folder).href)
    expect(log.mock.calls).toEqual(printed[name])
    log.mockRestore()
  })

  it('quick-start.ts serves a request', { timeout: 60_000 }, async () => {
    const probe = createServer().listen(0)
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    const path = compiled(fileURLToPath(new URL('quick-start.ts', folder)))
    const child = spawn(process.execPath, [path], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit']
    })
    const ended = once(child, 'exit')
    const headers = { 'content-type': 'application/octet-stream' }
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: 'hello' })).text()
    let answer: string | undefined
    for (let attempts = 0; answer === undefined && attempts < 400 && child.exitCode === null; attempts++) {
      await sleep(50)
      answer = await ask().catch(() => undefined)
    }
    child.kill()
    await ended
    expect(answer).toBe('5 bytes')
  })
})
