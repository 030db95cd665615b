import { once } from 'node:events'
import type { PoolHealth, PoolStats } from '@pool/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, rawConnection, startUnderTest, until } from './gateway-under-test.js'

const tight = { POOL_MAX_BYTES: '65536', BODY_LIMIT_BYTES: '16384', POOL_WAIT_MS: '0' }
let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest(tight)
})

afterAll(async () => {
  expect(gateway.outstanding()).toBe(0)
  await gateway.close()
})

const get = (path: string) => fetch(new URL(path, gateway.url))
const post = (body: string | Buffer) => fetch(new URL('/analyze', gateway.url), { method: 'POST', body })

describe('GET /metrics/memory-pools', () => {
  test('shows the stats of both pools by name', async () => {
    await post('hello')
    const response = await get('/metrics/memory-pools')
    const pools = (await response.json()) as Record<string, PoolStats>
    expect(Object.keys(pools)).toEqual(['bodies', 'scratch'])
    expect(pools.bodies).toMatchObject({ kind: 'size-class', maxLiveBytes: 65_536, outstanding: 0 })
    expect(pools.bodies?.acquisitions).toBeGreaterThan(0)
  })
})

describe('GET /metrics', () => {
  test('is a page for Prometheus, with the figures of every pool', async () => {
    await post('hello')
    // The first page begins every counter at 0.
    await get('/metrics')
    const response = await get('/metrics')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const page = await response.text()
    const { acquisitions } = gateway.pools.scratch.stats()
    const gets = [...page.matchAll(/^buffer_pool_gets_total\{pool="scratch",kind="size-class",size_class="(?:\d+|other)"\} (\d+)$/gm)]
    expect(gets.reduce((sum, [, value]) => sum + Number(value), 0)).toBe(acquisitions)
    expect(page).toMatch(/^buffer_pool_live_bytes\{pool="bodies",kind="size-class"\} \d+$/m)
    expect(page).toMatch(/^buffer_pool_wait_seconds_count \d+$/m)
  })
})

describe('GET /pools/', () => {
  test('shows the pools live with LIVE=on, and lets the gateway end while a page looks', async () => {
    const other = await startUnderTest({ LIVE: 'on' })
    const page = await fetch(new URL('/pools', other.url))
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const samples = await fetch(new URL('/pools/live-samples', other.url))
    const reader = samples.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    const { pools } = JSON.parse(
      Buffer.from(value ?? [])
        .toString()
        .replace(/^data: /, '')
    ) as { pools: { id: string }[] }
    expect(pools.map(({ id }) => id)).toEqual(['bodies', 'scratch'])
    expect(await other.close()).toBe(true)
  })

  test('is no route without', async () => {
    expect((await get('/pools/')).status).toBe(404)
  })
})

describe('GET /metrics/process', () => {
  test('shows memory, collections and what the detector did', async () => {
    await post('hello')
    global.gc?.()
    await until(
      async () => ((await (await get('/metrics/process')).json()) as { garbage: { count: number } }).garbage.count > 0,
      'a collection is counted'
    )
    const figures = await (await get('/metrics/process')).json()
    expect(figures).toMatchObject({ pid: process.pid, memory: { rss: expect.any(Number) }, detector: { incomplete: 0 } })
  })
})

test.concurrent.each(['none', 'otlp'])('GET /metrics is no route with METRICS=%s', async (metrics) => {
  const other = await startUnderTest({ METRICS: metrics, OTEL_METRIC_EXPORT_INTERVAL: '3600000' })
  try {
    expect((await fetch(new URL('/metrics', other.url))).status).toBe(404)
  } finally {
    await other.close()
  }
})

describe.concurrent('GET /health/memory-pools', () => {
  test('answers 200 while memory is there, 503 once all of it has been out for seconds and requests were refused, 200 afterwards', async () => {
    const other = await startUnderTest(tight)
    const healthOf = () => fetch(new URL('/health/memory-pools', other.url))
    const asked = () => fetch(new URL('/analyze', other.url), { method: 'POST', body: Buffer.alloc(16_384, 'a') })
    expect((await healthOf()).status).toBe(200)
    const leases = [1, 2, 3, 4].map(() => other.pools.bodies.lease(16_384))
    try {
      let sick = await healthOf()
      await until(async () => {
        expect((await asked()).status).toBe(503)
        sick = await healthOf()
        return sick.status === 503
      }, 'the pool is unhealthy')
      expect(((await sick.json()) as PoolHealth).errors.join()).toContain('bodies')
    } finally {
      for (const lease of leases) lease.release()
    }
    expect((await asked()).status).toBe(200)
    expect((await healthOf()).status).toBe(200)
    expect(await other.close()).toBe(true)
  })
})

describe.concurrent('heads that claim all memory, and send nothing', () => {
  test('hold it no longer than half a second once another request needs it', async () => {
    const other = await startUnderTest({ POOL_MAX_BYTES: String(2 ** 22), POOL_WAIT_MS: '30000', REQUEST_TIMEOUT_MS: '60000' })
    // Eight lie in chunks outside of the pool, four fill it.
    const heads = Array.from({ length: 16 }, async () => {
      const socket = await rawConnection(other.port)
      socket.write(`POST /analyze HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 20}\r\n\r\n`)
      return socket
    })
    const sockets = await Promise.all(heads)
    await until(() => other.pools.bodies.stats().liveBytes === 2 ** 22, 'all memory is claimed')
    const answer = await fetch(new URL('/analyze', other.url), { method: 'POST', body: Buffer.alloc(2 ** 20, 'a') })
    expect(answer.status).toBe(200)
    const slow = other.log
      .map((line) => JSON.parse(line) as { code?: string; status: number })
      .filter(({ code }) => code === 'body.too.slow')
    expect(slow.length).toBeGreaterThan(0)
    for (const { status } of slow) expect(status).toBe(408)
    for (const socket of sockets) socket.destroy()
    await until(() => other.outstanding() === 0, 'every buffer is back')
    expect(await other.close()).toBe(true)
  })
})

describe('when no memory is free', () => {
  test('a body is answered 503 with retry-after, and served again once there is some', async () => {
    const { bodies } = gateway.pools
    const leases = [1, 2, 3, 4].map(() => bodies.lease(16_384))
    const refused = await post(Buffer.alloc(16_384, 'a'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ error: { code: expect.any(String) }, requestId: expect.any(String) })
    for (const lease of leases) lease.release()
    expect((await post(Buffer.alloc(16_384, 'a'))).status).toBe(200)
  })

  test('a request without scratch memory is refused, never called clean', async () => {
    const { scratch } = gateway.pools
    const leases = Array.from({ length: 16 }, () => scratch.lease(32_768))
    const refused = await post('hello')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    for (const lease of leases) lease.release()
    expect((await post('hello')).status).toBe(200)
  })
})

describe('a body that finds no memory', () => {
  test('is refused before the rest of it is read, in one line without a stack, and its sender can read the answer', async () => {
    const other = await startUnderTest({ POOL_MAX_BYTES: String(2 ** 20), POOL_WAIT_MS: '0' })
    const lease = other.pools.bodies.lease(2 ** 20)
    // The eight mebibytes that may lie in chunks are taken.
    const heads = Array.from({ length: 8 }, async () => {
      const socket = await rawConnection(other.port)
      socket.write(`POST /analyze HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 20}\r\n\r\n`)
      return socket
    })
    const sockets = await Promise.all(heads)
    await until(async () => {
      const socket = await rawConnection(other.port)
      sockets.push(socket)
      socket.write(`POST /analyze HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 20}\r\n\r\n`)
      // Nothing of the body was sent, and the answer is here.
      const answer = await Promise.race([once(socket, 'data'), new Promise((resolve) => setTimeout(resolve, 200, undefined))])
      return String(answer).startsWith('HTTP/1.1 503')
    }, 'a head is answered 503')
    for (const socket of sockets) socket.destroy()
    lease.release()
    await until(() => other.log.some((line) => line.includes('"status":503')), 'the refusal is logged')
    const lines = other.log.filter((line) => line.includes('"status":503'))
    for (const line of lines) expect(line).not.toContain('stack')
    await until(() => other.outstanding() === 0, 'every buffer is back')
    await other.close()
  })
})

describe('other paths', () => {
  test('GET / says what there is', async () => {
    const { routes } = (await (await get('/')).json()) as { routes: string[] }
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      expect((await fetch(new URL(path, gateway.url), { method, ...(method === 'POST' && { body: 'a' }) })).status, route).toBeLessThan(404)
    }
    expect(routes).toContain('POST /analyze')
  })

  test.each(['/metrics/other', '/analyzer', '/%zz'])('%s is answered 404 in JSON', async (path) => {
    const response = await get(path)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error: { code: 'route.unknown', message: 'no such route' }, requestId: expect.any(String) })
  })
})

test('no answer may be cached, and none says what serves it', async () => {
  const { headers } = await get('/metrics/memory-pools')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-powered-by')).toBeNull()
})

test('POOLING=unpooled serves the same from plain allocations', async () => {
  const twin = await startUnderTest({ POOLING: 'unpooled' })
  try {
    const response = await fetch(new URL('/analyze', twin.url), { method: 'POST', body: 'q=<script>alert(1)</script>' })
    expect(await response.json()).toMatchObject({ verdict: 'threat' })
    expect(twin.pools.bodies.stats()).toMatchObject({ kind: 'unpooled', outstanding: 0, idleBytes: 0, acquisitions: 1 })
  } finally {
    expect(await twin.close()).toBe(true)
  }
})
