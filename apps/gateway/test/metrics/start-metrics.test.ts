import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('loaded-exporters.ts', import.meta.url))

test.each([
  ['none', false, []],
  ['prometheus', true, ['prom-client']],
  ['otlp', false, ['@opentelemetry/sdk-metrics']]
])('METRICS=%s loads its own exporter and no other', { timeout: 60_000 }, (metrics, page, loaded) => {
  const execArgv = ['--conditions=@pool/source', '--import', 'tsx', SCRIPT]
  const output = execFileSync(process.execPath, execArgv, { env: { ...process.env, METRICS: metrics }, encoding: 'utf8' })
  expect(JSON.parse(output)).toEqual({ page, loaded })
})
