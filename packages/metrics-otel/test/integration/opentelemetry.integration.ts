import type { PoolStats } from '@pool/core/interfaces'
import { expectedPoints } from '@tooling/metrics-testbed/expected-points'
import { OtlpReceiver, seriesKey } from '@tooling/metrics-testbed/otlp-receiver'
import { PrometheusServer } from '@tooling/metrics-testbed/prometheus-server'
import { promtool } from '@tooling/metrics-testbed/promtool'
import { ServerProcess } from '@tooling/metrics-testbed/server-process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let receiver: OtlpReceiver
let server: ServerProcess
let prometheus: PrometheusServer
let pools: PoolStats[]

beforeAll(async () => {
  receiver = await OtlpReceiver.start()
  server = await ServerProcess.start(new URL('pool-server.ts', import.meta.url), { OTLP_RECEIVER: receiver.url })
  prometheus = await PrometheusServer.start({ targets: { gateway: server.address } })
  await server.post('/load')
  for (let scrapes = 0; scrapes < 2; scrapes++) await prometheus.nextScrape('gateway')
  await server.post('/quiet')
  await prometheus.nextScrape('gateway')
  pools = Object.values(JSON.parse(await server.get('/stats')) as Record<string, PoolStats>)
})
afterAll(async () => {
  await prometheus?.stop()
  await server?.stop()
  receiver?.stop()
})

describe('an OpenTelemetry SDK that observed pools under load', () => {
  it.each(['/json', '/protobuf'] as const)('delivers what stats() says by OTLP over HTTP, %s, with its units and kinds', (path) => {
    const received = receiver.last(path)
    const found = new Map(received.map((point) => [seriesKey(point), point]))
    expect(found.size).toBe(received.length)
    expect(pools.length).toBeGreaterThan(6)
    for (const stats of pools) {
      for (const { name, kind, unit, sizeClass, value } of expectedPoints(stats)) {
        const attributes = {
          'pool.name': stats.name,
          'pool.kind': stats.kind,
          'service.shard': 'a',
          ...(sizeClass !== undefined && { 'pool.size_class': sizeClass })
        }
        expect(found.get(seriesKey({ name, attributes })), name).toEqual({ name, kind, unit, attributes, value })
      }
    }
    expect(found.get(seriesKey({ name: 'pool.observation.failures', attributes: { 'service.shard': 'a' } }))?.value).toBeGreaterThan(0)
  })

  it('shows what stats() says on the Prometheus exporter’s page, as a Prometheus server has scraped it', async () => {
    const found = new Map<string, number>()
    for (const { labels, value } of await prometheus.query('{__name__=~"pool_.+"}')) {
      found.set(`${labels.__name__} ${labels.pool_name} ${labels.pool_size_class}`, value)
    }
    for (const stats of pools) {
      for (const { name, kind, sizeClass, value } of expectedPoints(stats)) {
        const flat = name.replaceAll('.', '_') + (kind === 'counter' ? '_total' : '')
        expect(found.get(`${flat} ${stats.name} ${sizeClass}`), name).toBe(value)
      }
    }
  })

  it('has no name that promtool complains of', async () => {
    expect(promtool(['check', 'metrics'], await server.get('/metrics'))).toEqual({ code: 0, output: '' })
  })
})
