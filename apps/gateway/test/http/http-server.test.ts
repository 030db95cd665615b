import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exchange, type GatewayUnderTest, rawConnection, startUnderTest, until } from '../gateway-under-test.js'

const LIMIT = 65_536

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest({
    BODY_LIMIT_BYTES: String(LIMIT),
    MAX_HEADER_BYTES: '4096',
    HEADERS_TIMEOUT_MS: '300',
    REQUEST_TIMEOUT_MS: '600',
    KEEP_ALIVE_TIMEOUT_MS: '200',
    MAX_REQUESTS_PER_CONNECTION: '3'
  })
})

afterAll(async () => {
  expect(await gateway.close()).toBe(true)
})

afterEach(async () => {
  await until(() => gateway.outstanding() === 0, 'every buffer is back')
  const response = await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: 'still here' })
  expect(response.status).toBe(200)
})

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(new URL('/analyze', gateway.url), { method: 'POST', body, headers })

/** The head of a POST that a test writes itself. */
const head = (...headers: string[]) => `POST /analyze HTTP/1.1\r\nhost: x\r\n${headers.join('\r\n')}\r\n\r\n`

describe('bodies', () => {
  test('at the limit are read, above it answered 413, before they are sent and while', async () => {
    expect((await post(Buffer.alloc(LIMIT, 'a'))).status).toBe(200)
    const refused = await post(Buffer.alloc(LIMIT + 1, 'a'))
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({ error: { code: 'entity.too.large' } })
    const chunk = Buffer.alloc(LIMIT / 2 + 1, 'a')
    const chunked = head('transfer-encoding: chunked', 'connection: close')
    const size = `${chunk.length.toString(16)}\r\n`
    expect(await exchange(gateway.port, chunked, size, chunk, '\r\n', size, chunk, '\r\n0\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('that inflate beyond the limit are answered 413, whatever they weigh on the wire', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20))
    expect(bomb.length).toBeLessThan(LIMIT * 2)
    expect((await post(bomb.subarray(0, LIMIT), { 'content-encoding': 'gzip' })).status).toBe(413)
    expect((await post(gzipSync(Buffer.alloc(LIMIT + 1)), { 'content-encoding': 'gzip' })).status).toBe(413)
    expect((await post(brotliCompressSync(Buffer.alloc(2 ** 20)), { 'content-encoding': 'br' })).status).toBe(413)
  })

  test('that are no gzip, or half of one, are answered 400; unknown encodings 415', async () => {
    expect((await post(randomBytes(100), { 'content-encoding': 'gzip' })).status).toBe(400)
    const whole = gzipSync(randomBytes(1000))
    expect((await post(whole.subarray(0, 500), { 'content-encoding': 'gzip' })).status).toBe(400)
    const unknown = await post('x', { 'content-encoding': 'rot13' })
    expect([unknown.status, ((await unknown.json()) as { error: unknown }).error]).toEqual([
      415,
      { code: 'encoding.unsupported', message: expect.any(String) }
    ])
  })

  test('of chunked garbage are answered 400 in JSON, and the connection ends', async () => {
    const answer = await exchange(gateway.port, head('transfer-encoding: chunked'), '5\r\nhello\r\nnonsense\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain('connection: close')
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({ error: { code: 'http.400', message: 'bad request' } })
  })

  test('in ten thousand tiny chunks are read', async () => {
    const chunks = '1\r\na\r\n'.repeat(10_000)
    const answer = await exchange(gateway.port, head('transfer-encoding: chunked', 'connection: close'), `${chunks}0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('that never come whole give their memory back when the client goes away', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => rawConnection(gateway.port)))
    const encodings = [[], ['content-encoding: gzip']]
    for (const [index, socket] of sockets.entries()) {
      socket.write(head('content-length: 50000', ...(encodings[index % 2] ?? [])))
      socket.write(index % 2 === 0 ? Buffer.alloc(20_000) : gzipSync(randomBytes(30_000)).subarray(0, 20_000))
    }
    await until(() => gateway.outstanding() > 0, 'memory is out')
    for (const socket of sockets) socket.destroy()
    await until(() => gateway.outstanding() === 0, 'every buffer is back')
  })

  test('with two lengths, or a length that is none, are answered 400', async () => {
    expect(await exchange(gateway.port, head('content-length: 3', 'content-length: 4'), 'abcd')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await exchange(gateway.port, head('content-length: -1'))).toMatch(/^HTTP\/1\.1 400 /)
    expect(await exchange(gateway.port, head('content-length: 4', 'transfer-encoding: chunked'), '0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })
})

// Each waits for a bound of time, so they wait together.
describe.concurrent('what takes too long', () => {
  test('connections that dribble their headers are ended with 408', async () => {
    expect(await exchange(gateway.port, 'POST /analyze HTTP/1.1\r\nhost: x\r\nx-slow: ')).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('connections that are kept and not used are closed', async () => {
    expect(await exchange(gateway.port, 'GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 .*/)
  })

  test('connections end after as many requests as they may carry', async () => {
    const answers = await exchange(gateway.port, 'GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3))
    expect(answers.match(/HTTP\/1\.1 404 /g)).toHaveLength(3)
    expect(answers.match(/connection: close/gi)).toHaveLength(1)
  })

  test('bodies shorter than they said are ended by the bound on the whole request, with 408', async () => {
    const answer = await exchange(gateway.port, head('content-length: 1000'), 'only this')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })
})

describe('connections', () => {
  test('with a head above the bound are answered 431', async () => {
    expect(await exchange(gateway.port, head(`x-long: ${'a'.repeat(5000)}`))).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('with more headers than may be are answered 431: none goes unjudged', async () => {
    const headers = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: 1`)
    const last = ['content-length: 0', 'connection: close']
    expect(await exchange(gateway.port, head(...headers(97), ...last))).toMatch(/^HTTP\/1\.1 200 /)
    const refused = await exchange(gateway.port, head(...headers(98), ...last))
    expect(refused).toMatch(/^HTTP\/1\.1 431 /)
    expect(refused).toContain('headers.too.many')
    expect(await exchange(gateway.port, head(...last, ...headers(300)))).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('that speak no HTTP are answered 400', async () => {
    expect(await exchange(gateway.port, randomBytes(64))).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('beyond the bound are closed at once', async () => {
    const narrow = await startUnderTest({ MAX_CONNECTIONS: '2' })
    const first = await rawConnection(narrow.port)
    const second = await rawConnection(narrow.port)
    expect(await exchange(narrow.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('')
    first.destroy()
    second.destroy()
    expect(await narrow.close()).toBe(true)
  })
})

test('a storm of clients that abort at random points leaves nothing behind', async () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const storm = Array.from({ length: 300 }, async () => {
    const length = random(LIMIT)
    const gzip = random(2) === 0
    const body = gzip ? gzipSync(Buffer.alloc(length, 'b')) : Buffer.alloc(length, 'b')
    const headers = { 'content-length': body.length, ...(gzip ? { 'content-encoding': 'gzip' } : {}) }
    const outgoing = httpRequest({ host: '127.0.0.1', port: gateway.port, method: 'POST', path: '/analyze', headers, agent: false })
    const ended = new Promise((resolve) => outgoing.once('close', resolve))
    outgoing.on('error', () => {})
    outgoing.on('response', (response) => response.resume())
    const goesAway = random(3) === 0
    if (!goesAway) outgoing.end(body)
    else {
      outgoing.write(body.subarray(0, random(body.length + 1)))
      setTimeout(() => outgoing.destroy(), random(30))
    }
    await ended
  })
  await Promise.all(storm)
  await until(() => gateway.outstanding() === 0, 'every buffer is back')
  expect(gateway.pools.bodies.stats()).toMatchObject({ refusedReleases: 0, leaked: 0 })
})
