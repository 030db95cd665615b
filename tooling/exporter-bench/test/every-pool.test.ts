import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BlockPool, ExtentPool, SamplePool } from '@pool/block-pool'
import { BufferPool, livePools, SizeClassPool, UnpooledPool } from '@pool/core'
import { poolStats } from '@pool/express'
import { observePools } from '@pool/metrics-otel'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { SecureBufferPool } from '@pool/secure'
import { SharedPool } from '@pool/shared'
import { Registry } from 'prom-client'
import { afterAll, expect, it } from 'vitest'

const pools = [
  new BufferPool({ name: 'buffer' }),
  new SizeClassPool({ name: 'size-class' }),
  new UnpooledPool({ name: 'unpooled' }),
  new SecureBufferPool({ name: 'secure' }),
  new BlockPool({ name: 'block', type: Float32Array, shape: 16, blocks: 4 }),
  new ExtentPool({ name: 'extent', bytes: 65_536 }),
  new SamplePool({ name: 'sample' }),
  SharedPool.create({ name: 'shared', type: Float32Array, shape: 16, blocks: 4 })
]
/** Each is called by its kind. */
const names = pools.map(({ name }) => name)

afterAll(() => {
  for (const pool of pools) {
    if (pool instanceof SharedPool) pool.detach()
    else pool.destroy()
  }
  expect([...livePools.sources()]).toEqual([])
})

it('livePools has one of every kind of pool of the family, in the order in which they were made, and nothing else', () => {
  expect([...livePools.sources()]).toEqual(pools)
})

it('prom-client’s page has a sample for each of them, with its kind, without being told of any', async () => {
  const registry = new Registry()
  registerPoolMetrics({ registry })
  const page = await registry.metrics()
  for (const name of names) expect(page).toContain(`buffer_pool_live_bytes{pool="${name}",kind="${name}"} `)
})

it('OpenTelemetry’s instruments have a point for each of them, with its kind, without being told of any', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  observePools({ meterProvider: provider })
  const { resourceMetrics } = await exporter.collect()
  const points = resourceMetrics.scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ dataPoints }) => [...dataPoints].map((point) => point.attributes))
  const seen = new Set(points.map((attributes) => `${attributes['pool.name']} ${attributes['pool.kind']}`))
  for (const name of names) expect(seen).toContain(`${name} ${name}`)
  await provider.shutdown()
})

it('the stats route shows each of them without being told of any', async () => {
  const show = poolStats()
  const server = createServer((request, response) => show(request as never, response as never, (error) => response.destroy(error as Error)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(Object.keys((await response.json()) as object)).toEqual(names)
  server.close()
})
