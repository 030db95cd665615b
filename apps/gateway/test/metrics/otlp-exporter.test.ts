import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OtlpReceiver, seriesKey } from '@tooling/metrics-testbed/otlp-receiver'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startUnderTest, until } from '../gateway-under-test.js'

const PATH = '/v1/metrics'
let stopReceiver = (): void => {}

afterEach(() => stopReceiver())

/** A gateway that sends to `url`, once an hour or as often as said, and has judged one request. */
async function sendingTo(url: string, intervalMs = 3_600_000) {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
  const gateway = await startUnderTest({ METRICS: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: String(intervalMs) })
  expect((await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: 'hello' })).status).toBe(200)
  return gateway
}

async function startReceiver(): Promise<OtlpReceiver> {
  const receiver = await OtlpReceiver.start()
  stopReceiver = () => receiver.stop()
  return receiver
}

/** A receiver that misbehaves. */
async function startServer(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stopReceiver = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('METRICS=otlp', () => {
  test('sends the last figures when the gateway stops', async () => {
    const receiver = await startReceiver()
    const gateway = await sendingTo(receiver.url)
    await until(() => gateway.outstanding() === 0, 'the request is done')
    const { misses } = gateway.pools.scratch.stats()
    expect(receiver.exports(PATH)).toEqual([])
    expect(await gateway.close()).toBe(true)
    expect(receiver.exports(PATH)).toHaveLength(1)
    const sent = receiver
      .last(PATH)
      .filter(({ name, attributes }) => name === 'pool.buffer.misses' && attributes['pool.name'] === 'scratch')
    expect(misses).toBeGreaterThan(0)
    expect(sent.reduce((sum, { value }) => sum + value, 0)).toBe(misses)
    expect(gateway.log.join('')).not.toContain('"metrics"')
  })

  test('follows OpenTelemetry’s own variables: interval, name, resource', async () => {
    const receiver = await startReceiver()
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test')
    const gateway = await sendingTo(receiver.url, 50)
    await until(() => receiver.exports(PATH).length >= 2, 'it has sent twice')
    expect(receiver.exports(PATH)[0]?.resource).toMatchObject({ 'service.name': 'gateway', 'deployment.environment.name': 'test' })
    expect(new Map(receiver.last(PATH).map((point) => [seriesKey(point), point])).size).toBe(receiver.last(PATH).length)
    await gateway.close()
    vi.stubEnv('OTEL_SERVICE_NAME', 'front-door')
    await (await sendingTo(receiver.url)).close()
    expect(receiver.exports(PATH).at(-1)?.resource['service.name']).toBe('front-door')
  })

  test('logs a receiver that is not there, and serves and stops all the same', async () => {
    const nobody = await startServer(createServer())
    stopReceiver()
    const gateway = await sendingTo(nobody, 50)
    await until(() => gateway.log.join('').includes('"metrics"'), 'the failure is logged')
    expect((await fetch(new URL('/health/memory-pools', gateway.url))).status).toBe(200)
    expect(await gateway.close()).toBe(true)
  })

  test('does not wait for a receiver that never answers', async () => {
    const gateway = await sendingTo(await startServer(createServer(() => {})))
    expect(await gateway.close()).toBe(true)
    expect(gateway.log.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 40, msg: 'the last metrics were not taken in time' })
    )
  })
})
