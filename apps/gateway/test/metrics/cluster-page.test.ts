import { AggregatorRegistry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readConfig } from '../../src/config.js'
import { createLogger } from '../../src/logger.js'
import { type ClusterPage, serveClusterPage } from '../../src/metrics/cluster-page.js'

let page: ClusterPage
let log: string[]

beforeEach(async () => {
  log = []
  const logger = createLogger('info', { write: (line) => void log.push(line) })
  page = await serveClusterPage(readConfig({ HOST: '127.0.0.1', METRICS_PORT: '0' }), logger)
})

afterEach(() => page.close())

test('answers GET and HEAD of /metrics, and nothing else', async () => {
  const statusOf = async (path: string, method = 'GET') => (await fetch(new URL(path, page.url), { method })).status
  expect(await statusOf('/metrics')).toBe(200)
  expect(await statusOf('/metrics?debug', 'HEAD')).toBe(200)
  expect(await statusOf('/metrics', 'POST')).toBe(404)
  expect(await statusOf('/')).toBe(404)
})

test('answers 503, and logs why, when a worker does not answer', async () => {
  // What prom-client does after five seconds of silence.
  vi.spyOn(AggregatorRegistry.prototype, 'clusterMetrics').mockRejectedValueOnce(new Error('Operation timed out.'))
  const response = await fetch(new URL('/metrics', page.url))
  expect([response.status, await response.text()]).toEqual([503, 'a worker did not give its metrics\n'])
  expect(JSON.parse(log[0] ?? '')).toMatchObject({ level: 40, err: { message: 'Operation timed out.' } })
  expect((await fetch(new URL('/metrics', page.url))).status).toBe(200)
})

test('rejects with the system’s error when the port is taken', async () => {
  const taken = readConfig({ HOST: '127.0.0.1', METRICS_PORT: new URL(page.url).port })
  await expect(serveClusterPage(taken, createLogger('silent', process.stdout))).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
