import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayUnderTest, type LogLine, rawConnection, startUnderTest, until } from '../gateway-under-test.js'

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest({ LOG_LEVEL: 'trace', BODY_LIMIT_BYTES: '4096', POOL_WAIT_MS: '0' })
})

afterAll(async () => {
  await gateway.close()
})

const lines = (): LogLine[] => gateway.log.map((line) => JSON.parse(line) as LogLine)

async function lineOf(requestId: string): Promise<LogLine> {
  const find = () => lines().find((line) => line.requestId === requestId)
  await until(() => find() !== undefined, 'the request is logged')
  return find() as LogLine
}

test('each request is logged once, with the id that its answer carries', async () => {
  const response = await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: 'hello' })
  const id = response.headers.get('x-request-id') ?? ''
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await lineOf(id)).toMatchObject({
    level: 30,
    msg: 'request answered',
    method: 'POST',
    route: '/analyze',
    status: 200,
    bodyBytes: 5,
    verdict: 'clean',
    rules: []
  })
  expect(lines().filter(({ requestId }) => requestId === id)).toHaveLength(1)
})

test("a client's own plain id is kept, any other replaced", async () => {
  const idFor = async (given: string) =>
    (await fetch(new URL('/nowhere', gateway.url), { headers: { 'x-request-id': given } })).headers.get('x-request-id')
  expect(await idFor('trace:42.a-b_c')).toBe('trace:42.a-b_c')
  for (const bad of ['with space', '"quoted"', 'a'.repeat(65)]) expect(await idFor(bad)).not.toBe(bad)
})

test('an error that the client made is answered with its code and logged without noise', async () => {
  const response = await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: 'a'.repeat(5000) })
  const { requestId, error } = (await response.json()) as { requestId: string; error: { code: string } }
  expect(error.code).toBe('entity.too.large')
  expect(await lineOf(requestId)).toMatchObject({ level: 30, status: 413, route: '/analyze' })
})

test('a refusal for lack of memory is a warning', async () => {
  const leases = Array.from({ length: 16 }, () => gateway.pools.scratch.lease(32_768))
  const response = await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: 'a' })
  for (const lease of leases) lease.release()
  expect(await lineOf(response.headers.get('x-request-id') ?? '')).toMatchObject({
    level: 40,
    status: 503,
    code: 'ERR_POOL_EXHAUSTED'
  })
})

test('a request whose client went away is logged as aborted', async () => {
  const socket = await rawConnection(gateway.port)
  socket.write('POST /analyze HTTP/1.1\r\nhost: x\r\nx-request-id: gone\r\ncontent-length: 100\r\n\r\nhalf')
  await until(() => gateway.outstanding() > 0, 'the body has begun')
  socket.destroy()
  expect(await lineOf('gone')).toMatchObject({ level: 30, msg: 'request aborted', route: '/analyze' })
})

test('no line holds anything that a client wrote: body, path, query, headers', async () => {
  const secret = 'hunter2secret'
  const attack = `<script>${secret}</script>`
  const send = (path: string, body: string, headers: Record<string, string>) =>
    fetch(new URL(path, gateway.url), { method: 'POST', body, headers: { cookie: secret, authorization: secret, ...headers } })
  await send(`/analyze/${secret}?q=${secret}`, attack, { 'content-type': 'text/plain' })
  await send('/analyze', attack, { 'content-encoding': 'gzip' })
  await send('/analyze', attack.repeat(500), {})
  await send('/analyze', attack, { 'content-encoding': secret })
  await send(`/${secret}/%zz`, attack, {})
  const socket = await rawConnection(gateway.port)
  socket.end(`${secret} / HTTP/1.1\r\n\r\n`)
  const leases = Array.from({ length: 16 }, () => gateway.pools.scratch.lease(32_768))
  const last = await send('/analyze', attack, {})
  for (const lease of leases) lease.release()
  await lineOf(last.headers.get('x-request-id') ?? '')
  expect(gateway.log.length).toBeGreaterThan(6)
  expect(gateway.log.join('')).not.toContain(secret)
  const raw = JSON.stringify([...Buffer.from(secret)]).slice(1, -1)
  expect(gateway.log.join('')).not.toContain(raw)
})
