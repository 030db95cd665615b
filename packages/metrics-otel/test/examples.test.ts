import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

describe('the example', () => {
  it('exports the figures of a pool by OTLP', { timeout: 30_000 }, async () => {
    const received: string[] = []
    const receiver = createServer(async (request, response) => {
      received.push(await text(request))
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/metrics`
    const parameters = [compiled(pathOf('examples/quick-start.ts'))]
    await promisify(execFile)(process.execPath, parameters, { env: { ...process.env, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url } })
    receiver.close()
    expect(received.join()).toContain('"name":"pool.buffer.hits"')
    expect(received.join()).toContain('{"key":"pool.name","value":{"stringValue":"messages"}}')
  })

  it('stands in the README as it is', () => {
    expect(readFileSync(pathOf('README.md'), 'utf8')).toContain(
      `\`\`\`ts\n${readFileSync(pathOf('examples/quick-start.ts'), 'utf8')}\`\`\``
    )
  })
})
