import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'
import { samplesOf } from './page-of.js'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** Runs an example and asks it for its page until that has what is looked for. */
async function pageOf(example: string, series: string, value: number): Promise<void> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  const child = spawn(process.execPath, [compiled(pathOf(`examples/${example}`))], {
    env: { ...process.env, METRICS_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const ended = once(child, 'exit')
  try {
    let found: number | undefined
    for (let attempts = 0; found !== value && attempts < 1200; attempts++) {
      await sleep(50)
      const page = await fetch(`http://127.0.0.1:${port}`).then(
        (answer) => answer.text(),
        () => ''
      )
      found = samplesOf(page).get(series)
    }
    expect(found).toBe(value)
  } finally {
    child.kill()
    await ended
  }
}

describe('the examples', () => {
  it('serve the figures of a pool', { timeout: 120_000 }, async () => {
    await pageOf('quick-start.ts', 'buffer_pool_gets_total{pool="uploads",size_class="65536"}', 1)
  })

  it('serve the figures of all workers of a cluster', { timeout: 120_000 }, async () => {
    await pageOf('cluster.ts', 'buffer_pool_buffers_in_use{pool="bodies",size_class="65536"}', 2)
  })

  it('push the figures of a pool to a gateway', { timeout: 120_000 }, async () => {
    const pushed: string[] = []
    const gateway = createHttpServer(async (request, response) => {
      pushed.push(await text(request))
      response.end()
    }).listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    const { port } = gateway.address() as { port: number }
    const child = spawn(process.execPath, [compiled(pathOf('examples/push.ts'))], {
      env: { ...process.env, PUSHGATEWAY: `http://127.0.0.1:${port}` },
      stdio: ['ignore', 'ignore', 'inherit']
    })
    expect((await once(child, 'exit'))[0]).toBe(0)
    gateway.close()
    expect(samplesOf(pushed.at(-1) ?? '').get('buffer_pool_gets_total{pool="uploads",size_class="65536"}')).toBe(1)
  })

  it.each(['quick-start.ts', 'cluster.ts', 'push.ts'])('stand in the README as they are: %s', (name) => {
    expect(readFileSync(pathOf('README.md'), 'utf8')).toContain(`\`\`\`ts\n${readFileSync(pathOf(`examples/${name}`), 'utf8')}\`\`\``)
  })
})
