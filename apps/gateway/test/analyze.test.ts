import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnalyzeAnswer } from '../src/analyze.js'
import { exchange, type GatewayUnderTest, startUnderTest, until } from './gateway-under-test.js'

const SCRIPT = '<script>alert(document.cookie)</script>'

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest()
})

afterAll(async () => {
  await until(() => gateway.outstanding() === 0, 'no buffer is out')
  expect(await gateway.close()).toBe(true)
})

async function analyze(path: string, init: RequestInit = {}): Promise<AnalyzeAnswer> {
  const response = await fetch(new URL(path, gateway.url), { method: 'POST', ...init })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  return (await response.json()) as AnalyzeAnswer
}

/** Sends exactly these headers, where fetch would add some or change the path. */
async function analyzeRaw(path: string, headers: Record<string, string>, body: Buffer | string = ''): Promise<AnalyzeAnswer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body)
    const outgoing = httpRequest(
      { port: gateway.port, host: '127.0.0.1', method: 'POST', path, headers: { ...headers, 'content-length': length } },
      (response) => json(response).then((answer) => resolve(answer as AnalyzeAnswer), reject)
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

describe('the body', () => {
  test.each([
    ['application/x-www-form-urlencoded', `q=${encodeURIComponent(SCRIPT)}`],
    ['application/json', JSON.stringify({ comment: SCRIPT })],
    ['text/plain', SCRIPT],
    ['application/xml', `<?xml version="1.0"?><note to="${SCRIPT.replaceAll('<', '&lt;')}">x</note>`],
    ['multipart/form-data; boundary=x', `--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n${SCRIPT}\r\n--x--\r\n`]
  ])('is judged as %s', async (contentType, body) => {
    const answer = await analyze('/analyze', { body, headers: { 'content-type': contentType } })
    expect(answer.verdict).toBe('threat')
    const finding = answer.findings.find(({ kind }) => kind === 'xss')
    expect(finding).toEqual({ kind: 'xss', rule: expect.any(String), where: 'body', offset: expect.any(Number) })
  })

  test('is judged without any content type', async () => {
    const answer = await analyzeRaw('/analyze', {}, `q=${SCRIPT}`)
    expect(Object.keys(answer)).toEqual(['verdict', 'findings'])
    expect(answer.findings[0]?.offset).toBe(2)
  })

  test('is judged after inflation', async () => {
    const body = gzipSync(`q=${SCRIPT}`)
    const answer = await analyze('/analyze', {
      body,
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' }
    })
    expect(answer.verdict).toBe('threat')
  })

  test('is clean when it is ordinary', async () => {
    const body = JSON.stringify({ title: 'Two tables and a chair', price: 120, tags: ['oak', 'used'] })
    expect(await analyze('/analyze', { body, headers: { 'content-type': 'application/json' } })).toEqual({
      verdict: 'clean',
      findings: []
    })
  })

  test('may be random bytes, of every size class', async () => {
    for (const bytes of [1, 1023, 1024, 1025, 70_000, 1024 * 1024]) {
      const answer = await analyze('/analyze', { body: randomBytes(bytes), headers: { 'content-type': 'image/png' } })
      expect(['clean', 'threat']).toContain(answer.verdict)
    }
    const sizes = gateway.pools.bodies.stats().sizeClasses.filter(({ acquisitions }) => acquisitions > 0)
    expect(sizes.length).toBeGreaterThanOrEqual(4)
  })

  test('may be missing', async () => {
    expect(await analyze('/analyze')).toEqual({ verdict: 'clean', findings: [] })
  })

  test('that was not seen to its end is said to be so', async () => {
    const body = Array.from({ length: 100 }, (_, index) => `p${index}=${encodeURIComponent(SCRIPT)}`).join('&')
    expect(await analyzeRaw('/analyze', {}, body)).toMatchObject({ verdict: 'threat', complete: false })
  })

  test('is not mixed up with the last one that had its memory', async () => {
    await analyze('/analyze', { body: `q=${SCRIPT}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    const answer = await analyze('/analyze', { body: 'q=4', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect(answer.verdict).toBe('clean')
  })
})

describe('the rest of the request', () => {
  test('is judged below any path, query included', async () => {
    const answer = await analyze(`/analyze/shop/search?q=${encodeURIComponent("' OR 1=1 --")}`)
    expect(answer.findings.map(({ kind, where }) => `${kind} ${where}`)).toContain('sql-injection uri')
  })

  test.each(['/analyze/', '/analyze/a/b/c', '/analyze/%zz%c0%af', '/analyze//x?%'])(
    'is answered at %s, however it is written',
    async (path) => {
      expect(Object.keys(await analyzeRaw(path, {}))).toEqual(['verdict', 'findings'])
    }
  )

  test('is judged by its path, even where that climbs out of the route', async () => {
    const answer = await analyzeRaw('/analyze/../../../etc/passwd', {})
    expect(answer.findings.map(({ kind }) => kind)).toContain('path-traversal')
  })

  test('is judged by its headers', async () => {
    const answer = await analyze('/analyze', { headers: { cookie: `theme=${encodeURIComponent(SCRIPT)}` } })
    expect(answer.findings.map(({ where }) => where)).toContain('header')
  })

  test('is judged by a second header of a name, too', async () => {
    const answers = await exchange(
      gateway.port,
      'POST /analyze HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n',
      `referer: /home\r\nreferer: /?q=${SCRIPT}\r\n\r\n`
    )
    expect(JSON.parse(answers.split('\r\n\r\n')[1] ?? '')).toMatchObject({ verdict: 'threat' })
  })

  test('is judged by its trailers, too', async () => {
    const answers = await exchange(
      gateway.port,
      'POST /analyze HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: referer\r\n\r\n',
      `1\r\na\r\n0\r\nreferer: /?q=${SCRIPT}\r\n\r\n`
    )
    expect(JSON.parse(answers.split('\r\n\r\n')[1] ?? '')).toMatchObject({ verdict: 'threat' })
  })
})

describe('a request that a proxy holds', () => {
  test('is judged by the URI in x-original-uri', async () => {
    const headers = { 'x-original-method': 'GET', 'x-original-uri': '/items?file=../../../../etc/passwd' }
    const answer = await analyze('/analyze', { headers })
    expect(answer.findings.map(({ kind, where }) => `${kind} ${where}`)).toContain('path-traversal uri')
    expect(answer.findings.map(({ where }) => where)).not.toContain('header')
  })

  test.each(['x-original-uri', 'x-original-method'])(
    'is refused where %s stands twice: one would be judged, the other served',
    async (name) => {
      const answer = await exchange(
        gateway.port,
        `POST /analyze HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n${name}: /\r\n${name}: /admin\r\n\r\n`
      )
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'original.ambiguous' } })
    }
  )

  test('is the request at hand where ORIGINAL_REQUEST is ignore', async () => {
    const strict = await startUnderTest({ ORIGINAL_REQUEST: 'ignore' })
    try {
      const response = await fetch(new URL(`/analyze?q=${encodeURIComponent(SCRIPT)}`, strict.url), {
        method: 'POST',
        headers: { 'x-original-method': 'GET', 'x-original-uri': '/' }
      })
      const answer = (await response.json()) as AnalyzeAnswer
      expect(answer.findings.map(({ where }) => where)).toContain('uri')
    } finally {
      await strict.close()
    }
  })
})

test.each(['/analyze/', '/Analyze', '/ANALYZE/a/b'])('%s is answered, as paths are read elsewhere', async (path) => {
  expect((await analyze(path, { body: 'a=1' })).verdict).toBe('clean')
})

test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is not answered here', async (method) => {
  const response = await fetch(new URL('/analyze', gateway.url), { method })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  expect(await response.json()).toMatchObject({ error: { code: 'method.unknown' } })
})

describe('a body whose analysis takes several turns', () => {
  const body = Buffer.alloc(1 << 20, "a=(x'b&")
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }

  test('is answered, and requests meanwhile are answered before', async () => {
    const order: string[] = []
    const long = Promise.all(Array.from({ length: 8 }, () => analyze('/analyze', { body, headers }).then(() => order.push('long'))))
    await until(() => gateway.pools.bodies.stats().outstanding > 4, 'bodies are in memory')
    expect((await analyze('/analyze', { body: `q=${SCRIPT}`, headers })).verdict).toBe('threat')
    order.push('short')
    await long
    expect(order.indexOf('short')).toBeLessThan(8)
  })

  test('gives its memory back when its client leaves meanwhile', async () => {
    const clients = Array.from({ length: 8 }, () => {
      const outgoing = httpRequest({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/analyze', headers })
      outgoing.on('error', () => {})
      outgoing.end(body)
      return outgoing
    })
    await until(() => gateway.pools.bodies.stats().outstanding > 4, 'bodies are in memory')
    for (const client of clients) client.destroy()
    await until(() => gateway.outstanding() === 0, 'no buffer is out')
    expect((await analyze('/analyze', { body: `q=${SCRIPT}`, headers })).verdict).toBe('threat')
  })
})

test('bodies of many requests at once come back whole and unmixed', async () => {
  const bodies = Array.from({ length: 120 }, (_, index) => (index % 3 === 0 ? `q=${SCRIPT}&n=${index}` : `q=plain&n=${index}`))
  const answers = await Promise.all(
    bodies.map((body) => analyze('/analyze', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }))
  )
  expect(answers.map(({ verdict }) => verdict)).toEqual(bodies.map((_, index) => (index % 3 === 0 ? 'threat' : 'clean')))
})
