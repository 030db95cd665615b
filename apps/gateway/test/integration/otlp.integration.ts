import type { PoolStats } from '@pool/core/interfaces'
import { expectedPoints } from '@tooling/metrics-testbed/expected-points'
import { OtlpReceiver, type ReceivedPoint, seriesKey } from '@tooling/metrics-testbed/otlp-receiver'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewaySubprocess } from '../gateway-under-test.js'
import { GatewayLoad, NARROW } from './gateway-load.js'
import { WorkerConnection } from './worker-connection.js'

const PATH = '/v1/metrics'
let gateway: GatewaySubprocess
let receiver: OtlpReceiver

afterEach(() => {
  receiver.stop()
  if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL')
})

describe.each([1, 2])('an OTLP receiver that gets figures from a gateway of %d workers under load', (workers) => {
  it('has in the end exactly what stats() says, of each worker, and of each a resource', async () => {
    receiver = await OtlpReceiver.start()
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRIC_EXPORT_INTERVAL: '500', OTEL_SERVICE_NAME: 'front-door' }
    gateway = new GatewaySubprocess({ ...NARROW, ...variables, METRICS: 'otlp', WORKERS: String(workers) })
    const url = await gateway.listening()
    for (const connection of await WorkerConnection.toEach(url, workers)) connection.close()
    const load = new GatewayLoad(url)
    await expect.poll(() => receiver.exports(PATH).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(4 * workers)
    await load.end()
    const connections = await WorkerConnection.toEach(url, workers)
    const each = await Promise.all(connections.map((connection) => connection.stats()))
    for (const connection of connections) connection.close()
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended()).toBe(0)

    // The last of each series, since workers send apart from each other.
    const exports = receiver.exports(PATH)
    for (const { resource } of exports) expect(resource).toMatchObject({ 'service.name': 'front-door' })
    const found = new Map(exports.flatMap(({ points }) => points.map((point) => [seriesKey(point), point])))
    const ids = new Set([...found.values()].map(({ attributes }) => attributes['worker.id']))
    expect(ids).toEqual(new Set(workers === 1 ? [undefined] : ['1', '2']))
    const received = [...ids].map((id) => figuresOf(found, id))
    for (const stats of each) {
      expect(stats.bodies?.acquisitions).toBeGreaterThan(0)
      expect(received).toContainEqual(expect.objectContaining(expectedFigures(stats)))
    }
  })
})

/** The values of one worker, by name, kind, unit, pool and size class. */
function figuresOf(found: ReadonlyMap<string, ReceivedPoint>, worker: string | undefined): Record<string, number> {
  const points = [...found.values()].filter(({ attributes }) => attributes['worker.id'] === worker)
  return Object.fromEntries(
    points.map(({ attributes: { 'pool.name': pool, 'pool.size_class': sizeClass }, ...point }) => [
      figureKey({ ...point, pool, sizeClass }),
      point.value
    ])
  )
}

function expectedFigures(stats: Readonly<Record<string, PoolStats>>): Record<string, number> {
  const points = Object.values(stats).flatMap((one) => expectedPoints(one).map((point) => ({ ...point, pool: one.name })))
  return Object.fromEntries(points.map((point) => [figureKey(point), point.value]))
}

interface Figure {
  readonly name: string
  readonly kind: string
  readonly unit: string
  readonly pool?: string | undefined
  readonly sizeClass?: string | undefined
}

function figureKey({ name, kind, unit, pool, sizeClass }: Figure): string {
  return [name, kind, unit, pool, sizeClass].join(' ')
}
