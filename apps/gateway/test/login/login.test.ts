import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exchange, type GatewayUnderTest, rawConnection, startUnderTest, until } from '../gateway-under-test.js'
import { UsersFile, userLine } from './users-under-test.js'

const PASSWORD = randomBytes(16).toString('hex')
let file: UsersFile
let gateway: GatewayUnderTest

beforeAll(async () => {
  file = new UsersFile(await userLine('lovelace', PASSWORD), await userLine('grace', Buffer.from([0, 255, 13, 10])))
  gateway = await startUnderTest({ USERS_FILE: file.path, DEMO_USER: 'on', REQUEST_TIMEOUT_MS: '1000', HEADERS_TIMEOUT_MS: '1000' })
})

afterAll(async () => {
  expect(await gateway.close()).toBe(true)
  file.remove()
})

afterEach(() => until(() => gateway.outstanding() === 0, 'every secret is back'))

type Body = string | Uint8Array<ArrayBuffer>
const post = (path: string, body: Body, headers: Record<string, string> = {}) =>
  fetch(new URL(path, gateway.url), { method: 'POST', body, headers })
const figures = (name: string) => [...gateway.pools.manager.sources()].find((pool) => pool.name === name)?.stats()
const head = (path: string, ...headers: string[]) => `POST ${path} HTTP/1.1\r\nhost: x\r\n${headers.join('\r\n')}\r\n\r\n`

describe.each(['/login', '/token'])('POST %s', (path) => {
  test('is for the right password alone: a wrong one, none, and an unknown user get the same 401', async () => {
    expect((await post(`${path}?user=lovelace`, PASSWORD)).ok).toBe(true)
    const answers = await Promise.all([
      post(`${path}?user=lovelace`, `${PASSWORD.slice(1)}0`),
      post(`${path}?user=lovelace`, `${PASSWORD}\n`),
      post(`${path}?user=lovelace`, ''),
      post(`${path}?user=bob`, PASSWORD),
      post(`${path}?user=grace`, PASSWORD),
      post(`${path}?user=lovelace&user=lovelace`, PASSWORD),
      post(path, PASSWORD)
    ])
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Password realm="gateway"'])
      expect(await answer.json()).toEqual({ error: { code: 'login.refused', message: expect.any(String) }, requestId: expect.any(String) })
    }
  })

  test('takes bytes as they are, whatever their type says', async () => {
    const body = new Uint8Array([0, 255, 13, 10])
    expect((await post(`${path}?user=grace`, body, { 'content-type': 'application/json' })).ok).toBe(true)
    const refused = await post(`${path}?user=grace`, new Uint8Array(gzipSync(body)), { 'content-encoding': 'gzip' })
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([415, 'encoding.unsupported'])
  })

  test('answers 413 to what is too long, as said before and as found out, and ends the connection', async () => {
    const long = 'x'.repeat(1025)
    const said = await post(`${path}?user=lovelace`, long)
    expect([said.status, ((await said.json()) as { error: { code: string } }).error.code]).toEqual([413, 'entity.too.large'])
    const chunk = `401\r\n${long}\r\n`
    const found = await exchange(gateway.port, head(`${path}?user=lovelace`, 'transfer-encoding: chunked'), chunk)
    expect(found).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n/)
    expect((await post(`${path}?user=lovelace`, 'x'.repeat(1024))).status).toBe(401)
  })

  test('wipes and gives back what came of a password whose sender went away', async () => {
    const socket = await rawConnection(gateway.port)
    socket.write(head(`${path}?user=lovelace`, `content-length: ${PASSWORD.length}`) + PASSWORD.slice(0, 10))
    await until(() => figures('passwords')?.outstanding === 1, 'the upload has begun')
    socket.destroy()
    await until(() => figures('passwords')?.outstanding === 0, 'the memory is back')
  })

  test('serves many at once', async () => {
    const tries = Array.from({ length: 8 }, (_, index) => post(`${path}?user=lovelace`, index % 3 === 0 ? `no ${index}` : PASSWORD))
    const answers = await Promise.all(tries)
    expect(answers.map(({ ok }) => ok)).toEqual(answers.map((_, index) => index % 3 !== 0))
    await Promise.all(answers.map((answer) => answer.text()))
  })

  test('knows no other method', async () => {
    const answer = await fetch(new URL(path, gateway.url))
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

test.concurrent.each(['/login', '/token'])('POST %s ends with 408 for one who never sends the rest', async (path) => {
  const answer = await exchange(gateway.port, head(`${path}?user=lovelace`, `content-length: ${PASSWORD.length}`), PASSWORD.slice(0, 10))
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
})

describe('a password', () => {
  test('never gets into other pools, the log, or an answer', async () => {
    const { bodies } = gateway.pools
    const before = bodies.stats().acquisitions
    const answers = await Promise.all([
      post('/login?user=lovelace', PASSWORD),
      post('/login?user=lovelace', `${PASSWORD}!`),
      post(`/token?user=b`, PASSWORD)
    ])
    for (const answer of answers) {
      expect(JSON.stringify([...answer.headers])).not.toContain(PASSWORD)
      expect(await answer.text()).not.toContain(PASSWORD)
    }
    expect(bodies.stats().acquisitions).toBe(before)
    expect(gateway.log.join('')).not.toContain(PASSWORD)
    expect(gateway.log.join('')).not.toContain('lovelace')
    expect(gateway.log.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ route: '/login', status: 204 }))
  })
})

describe('a token', () => {
  test('is 32 random bytes as base64url, another each time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/token?user=lovelace', PASSWORD)))
    const tokens = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(tokens).size).toBe(8)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
    expect(answers[0]?.headers.get('cache-control')).toBe('no-store')
    expect(figures('tokens')?.acquisitions).toBeGreaterThanOrEqual(16)
    for (const token of tokens) expect(gateway.log.join('')).not.toContain(token)
  })

  test('is not minted for one who went away while the password was checked', async () => {
    const minted = figures('tokens')?.acquisitions
    const checked = figures('passwords')?.releases ?? 0
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(`${head('/token?user=demo', 'content-length: 13')}correct horse`, () => socket.destroy())
    await until(() => (figures('passwords')?.releases ?? 0) >= checked + 2 && gateway.outstanding() === 0, 'the password was checked')
    expect(figures('tokens')?.acquisitions).toBe(minted)
  })
})

test('both pools are shown among the others', async () => {
  const stats = (await (await fetch(new URL('/metrics/memory-pools', gateway.url))).json()) as Record<string, { kind: string }>
  expect(Object.entries(stats).map(([name, { kind }]) => [name, kind])).toEqual([
    ['bodies', 'size-class'],
    ['scratch', 'size-class'],
    ['passwords', 'secure'],
    ['tokens', 'secure']
  ])
  expect(await (await fetch(new URL('/metrics', gateway.url))).text()).toContain('buffer_pool_gets_total{pool="passwords"')
})

test('a gateway waits for a check under way when it stops', async () => {
  const other = await startUnderTest({ USERS_FILE: file.path, DEMO_USER: 'on' })
  const login = fetch(new URL('/login?user=demo', other.url), { method: 'POST', body: 'correct horse' })
  await until(() => other.outstanding() > 0, 'the check has begun')
  expect(await other.close()).toBe(true)
  expect((await login).status).toBe(204)
  const gone = await startUnderTest({ USERS_FILE: file.path, DEMO_USER: 'on' })
  const socket = connect(gone.port, '127.0.0.1')
  socket.write(`${head('/login?user=demo', 'content-length: 13')}correct horse`)
  await until(() => gone.outstanding() > 0, 'the check has begun')
  socket.destroy()
  expect(await gone.close()).toBe(true)
})

test('40 clients with a wrong password hold up no compressed body, and those that are too many are told so at once', async () => {
  const other = await startUnderTest({ DEMO_USER: 'on' })
  let refused = 0
  const tries = Array.from({ length: 40 }, async () => {
    const answer = await fetch(new URL('/login?user=demo', other.url), { method: 'POST', body: 'wrong horse' })
    await answer.text()
    if (answer.status === 401) refused += 1
    else expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
  })
  await until(() => other.log.some((line) => line.includes('login.too.many')), 'tries are under way')
  const body = new Uint8Array(gzipSync(Buffer.alloc(100_000, 'a')))
  const answer = await fetch(new URL('/analyze', other.url), { method: 'POST', body, headers: { 'content-encoding': 'gzip' } })
  expect(answer.status).toBe(200)
  // A check takes some 0.2 s, and eight of them run two at a time.
  const early = refused
  await Promise.all(tries)
  expect(early).toBeLessThan(refused)
  // Eight at least; more where the last clients came after the first checks had ended.
  expect(refused).toBeGreaterThanOrEqual(8)
  expect(refused).toBeLessThan(30)
  expect(await other.close()).toBe(true)
})
