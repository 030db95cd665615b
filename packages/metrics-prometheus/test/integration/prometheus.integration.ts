import { fileURLToPath } from 'node:url'
import type { PoolStats } from '@pool/core/interfaces'
import { dashboardExpressions } from '@tooling/metrics-testbed/dashboard-expressions'
import { combinedSample, expectedSamples, poolSamples } from '@tooling/metrics-testbed/expected-samples'
import { PrometheusServer } from '@tooling/metrics-testbed/prometheus-server'
import { promtool } from '@tooling/metrics-testbed/promtool'
import { ServerProcess } from '@tooling/metrics-testbed/server-process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { samplesOf } from '../page-of.js'

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const alerts = pathOf('alerts/buffer-pools.yml')
const dashboard = pathOf('dashboards/buffer-pools.json')

let server: ServerProcess
let prometheus: PrometheusServer

beforeAll(async () => {
  server = await ServerProcess.start(new URL('pool-server.ts', import.meta.url))
  prometheus = await PrometheusServer.start({ targets: { gateway: server.address }, ruleFiles: [alerts] })
  // What rises only after the first scrape can be seen to rise.
  await prometheus.nextScrape('gateway')
  await server.post('/load')
  for (let scrapes = 0; scrapes < 4; scrapes++) await prometheus.nextScrape('gateway')
})
afterAll(async () => {
  await prometheus?.stop()
  await server?.stop()
})

describe('a Prometheus server that scrapes pools under load', () => {
  it('finds nothing to complain of in the live page, by promtool check metrics', async () => {
    const page = await server.get('/metrics')
    expect(promtool(['check', 'metrics'], page)).toEqual({ code: 0, output: '' })
    // The judge is awake.
    expect(promtool(['check', 'metrics'], page.replaceAll('buffer_pool_leaks_total', 'buffer_pool_leaks')).code).not.toBe(0)
  })

  it('gives data for every expression of the dashboard', async () => {
    const expressions = dashboardExpressions(dashboard, '30s')
    expect(expressions.length).toBeGreaterThan(20)
    const empty: string[] = []
    for (const { panel, expression } of expressions) {
      const samples = await prometheus.query(expression)
      if (!samples.some(({ value }) => Number.isFinite(value))) empty.push(`${panel}: ${expression}`)
    }
    expect(empty).toEqual([])
  })

  it('gives data for every expression of the alerts, which it loads without a complaint', async () => {
    expect(promtool(['check', 'rules', '--lint=all', '--lint-fatal', alerts])).toMatchObject({ code: 0 })
    const rules = await prometheus.rules()
    expect(rules.length).toBeGreaterThan(8)
    const empty: string[] = []
    for (const { name, query } of rules) if ((await prometheus.query(query)).length === 0) empty.push(name)
    expect(empty).toEqual([])
  })

  it('shows, once the load has ended, exactly what stats() says', async () => {
    await server.post('/quiet')
    await prometheus.nextScrape('gateway')
    const stats = JSON.parse(await server.get('/stats')) as Record<string, PoolStats>
    const found = poolSamples(await prometheus.query('{__name__=~"buffer_pool_.+"}'))
    for (const one of Object.values(stats)) {
      for (const [name, value] of expectedSamples(one)) expect(found.get(name), name).toBe(value)
      const gets = [...found].filter(([name]) => name.startsWith(`buffer_pool_gets_total{pool="${one.name}"`))
      expect(gets.reduce((sum, [, value]) => sum + value, 0)).toBe(one.acquisitions)
    }
    expect(stats.bodies?.oversize).toBeGreaterThan(0)
    const [waits] = await prometheus.query('buffer_pool_wait_seconds_count')
    expect(waits?.value).toBe((stats.contended?.hits ?? 0) / 2 + (stats.full?.timeouts ?? 0))
  })
})

describe('the alert rules', () => {
  it('fire where they should and nowhere else, by promtool test rules', () => {
    expect(promtool(['test', 'rules', pathOf('test/alerts/buffer-pools.test.yml')])).toMatchObject({ code: 0 })
  })
})

describe('a cluster of two workers', () => {
  it('shows the sum of its counts, and the worst of its ratios, on one page that promtool finds clean', async () => {
    const workers = await ServerProcess.start(new URL('cluster-server.ts', import.meta.url), { WORKERS: '2' })
    try {
      await workers.post('/load')
      await new Promise((resolve) => setTimeout(resolve, 500))
      await workers.post('/quiet')
      // Each pool's first page begins its counters at 0.
      await workers.get('/metrics')
      const page = await workers.get('/metrics')
      expect(promtool(['check', 'metrics'], page)).toEqual({ code: 0, output: '' })
      const samples = samplesOf(page)
      const each = JSON.parse(await workers.get('/stats')) as Record<string, PoolStats>[]
      expect(each).toHaveLength(2)
      for (const name of Object.keys(each[0] ?? {})) {
        const expected = each.map((stats) => expectedSamples(stats[name] as PoolStats))
        for (const series of expected[0]?.keys() ?? []) {
          const values = expected.map((one) => one.get(series) as number)
          expect(samples.get(series), series).toBe(combinedSample(series, values))
        }
      }
      const contended = each.map((stats) => stats.contended?.hits as number)
      expect(samples.get('buffer_pool_wait_seconds_count{pool="contended"}')).toBe(contended.reduce((sum, hits) => sum + hits / 2, 0))
    } finally {
      await workers.stop()
    }
  })
})
