import { fileURLToPath } from 'node:url'
import type { PoolStats } from '@pool/core/interfaces'
import { dashboardExpressions } from '@tooling/metrics-testbed/dashboard-expressions'
import { combinedSample, expectedSamples, poolSamples } from '@tooling/metrics-testbed/expected-samples'
import { PrometheusServer } from '@tooling/metrics-testbed/prometheus-server'
import { promtool } from '@tooling/metrics-testbed/promtool'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewaySubprocess } from '../gateway-under-test.js'
import { GatewayLoad, NARROW } from './gateway-load.js'
import { WorkerConnection } from './worker-connection.js'

const fileOf = (path: string) => fileURLToPath(import.meta.resolve(`@pool/metrics-prometheus/package.json`)).replace('package.json', path)

let gateway: GatewaySubprocess
let prometheus: PrometheusServer

afterEach(async () => {
  await prometheus?.stop()
  if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL')
})

/** Scrapes `page` while there is load on `url`, and once more when that is over. */
async function scrapeUnderLoad(page: URL, url: URL): Promise<Map<number, number>> {
  prometheus = await PrometheusServer.start({ targets: { gateway: page.host }, ruleFiles: [fileOf('alerts/buffer-pools.yml')] })
  await prometheus.nextScrape('gateway')
  const load = new GatewayLoad(url)
  for (let scrapes = 0; scrapes < 4; scrapes += 1) await prometheus.nextScrape('gateway')
  await load.end()
  return load.answers
}

async function stopCleanly(): Promise<void> {
  gateway.child.kill('SIGTERM')
  expect(await gateway.ended()).toBe(0)
}

describe('a Prometheus server that scrapes a gateway under load', () => {
  it('shows exactly what stats() says, on a page that promtool finds clean, with data for the dashboard and the alerts', async () => {
    gateway = new GatewaySubprocess(NARROW)
    const url = await gateway.listening()
    const answers = await scrapeUnderLoad(url, url)
    expect(answers.get(200)).toBeGreaterThan(50)

    // Before the rates of the load have left the window.
    const expressions = dashboardExpressions(fileOf('dashboards/buffer-pools.json'), '30s')
    const without: string[] = []
    for (const { expression } of expressions) {
      if (!(await prometheus.query(expression)).some(({ value }) => Number.isFinite(value))) without.push(expression)
    }
    for (const { query } of await prometheus.rules()) {
      // What is compared, since most of it is as it should be.
      const figures = query.replaceAll(/ [<>]=? [\d.]+/g, '')
      if ((await prometheus.query(figures)).length === 0) without.push(figures)
    }
    // The gateway has no pool that carves a slab, and without QUEUE_URL no queue.
    expect(expressions.length).toBeGreaterThan(20)
    expect(without.filter((one) => !/fragmentation|buffer_pool_queue_/.test(one))).toEqual([])

    const [connection] = await WorkerConnection.toEach(url, 1)
    await prometheus.nextScrape('gateway')
    const found = poolSamples(await prometheus.query('{__name__=~"buffer_pool_.+"}'))
    const stats = (await connection?.stats()) as Record<string, PoolStats>
    connection?.close()
    expect(Object.keys(stats)).toEqual(['bodies', 'scratch', 'passwords', 'tokens'])
    for (const pool of Object.values(stats)) {
      expect(pool.acquisitions, pool.name).toBeGreaterThan(0)
      for (const [series, value] of expectedSamples(pool)) expect(found.get(series), series).toBe(value)
    }
    expect(stats.bodies?.exhaustions).toBeGreaterThan(0)
    expect(promtool(['check', 'metrics'], await (await fetch(new URL('/metrics', url))).text())).toEqual({ code: 0, output: '' })
    await stopCleanly()
  })

  it('shows two workers as one, each figure combined as makes sense for it', async () => {
    gateway = new GatewaySubprocess({ ...NARROW, WORKERS: '2' })
    const url = await gateway.listening()
    const page = await gateway.metrics()
    for (const connection of await WorkerConnection.toEach(url, 2)) connection.close()
    await scrapeUnderLoad(page, url)
    // A connection that was idle during the load would have been closed, and come back to either worker.
    const connections = await WorkerConnection.toEach(url, 2)
    await prometheus.nextScrape('gateway')
    const found = poolSamples(await prometheus.query('{__name__=~"buffer_pool_.+"}'))
    const each = await Promise.all(connections.map((connection) => connection.stats()))
    for (const name of ['bodies', 'scratch', 'passwords', 'tokens']) {
      const expected = each.map((stats) => expectedSamples(stats[name] as PoolStats))
      for (const series of new Set(expected.flatMap((one) => [...one.keys()]))) {
        const values = expected.flatMap((one) => one.get(series) ?? [])
        expect(found.get(series), series).toBe(combinedSample(series, values))
      }
    }
    for (const stats of each) expect(stats.bodies?.acquisitions).toBeGreaterThan(0)
    for (const connection of connections) connection.close()
    expect(promtool(['check', 'metrics'], await (await fetch(new URL('/metrics', page))).text())).toEqual({ code: 0, output: '' })
    await stopCleanly()
  })

  it('is told that a worker does not answer, and goes on when it does', async () => {
    gateway = new GatewaySubprocess({ WORKERS: '2' })
    await gateway.listening()
    const page = new URL('/metrics', await gateway.metrics())
    // A worker's own lines may come after the primary's.
    const pids = () => gateway.lines().flatMap(({ worker, pid }) => (worker === undefined ? [] : [pid as number]))
    await expect.poll(() => pids().length, { timeout: 30_000 }).toBeGreaterThan(0)
    const [victim] = pids()
    process.kill(victim as number, 'SIGSTOP')
    expect((await fetch(page)).status).toBe(503)
    process.kill(victim as number, 'SIGCONT')
    await expect.poll(async () => (await fetch(page)).status, { timeout: 30_000 }).toBe(200)
    await stopCleanly()
  })
})
