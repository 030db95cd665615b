import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { expectNoLeaks } from '@pool/core/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { httpExchange } from '../files/http-exchange.js'
import { exchange, type GatewayUnderTest, startUnderTest, until } from '../gateway-under-test.js'
import { u32be, varint } from './framed.js'
import { IngestClient, ingest } from './ingest-client.js'

const SCRIPT = '<script>alert(document.cookie)</script>'
const LIMIT = 16_384
let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest({ BODY_LIMIT_BYTES: String(LIMIT), POOL_MAX_BYTES: String(4 * LIMIT), POOL_WAIT_MS: '100' })
})

afterAll(async () => {
  expect(await gateway.close()).toBe(true)
})

afterEach(() => until(() => gateway.outstanding() === 0, 'every buffer is back'))

const send = (chunks: Buffer | readonly Buffer[], query = '', headers: Record<string, string> = {}) =>
  ingest(gateway.port, Buffer.isBuffer(chunks) ? [chunks] : chunks, query, headers)
const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
const post = async (headers: Record<string, string>, path = '/ingest') => {
  const { status, body } = await httpExchange(gateway.port, path, headers, 'POST')
  return [status, (JSON.parse(body.toString()) as { error: { code: string } }).error.code]
}

describe('each message', () => {
  test('gets a line: which, where, how long, and the verdict of /analyze', async () => {
    const messages = ['hello', '', `q=${SCRIPT}`, 'id=4']
    const lines = await send(u32be(...messages))
    expect(lines).toEqual([
      { index: 0, offset: 0, bytes: 5, verdict: 'clean', findings: [] },
      { index: 1, offset: 9, bytes: 0, verdict: 'clean', findings: [] },
      { index: 2, offset: 13, bytes: 41, verdict: 'threat', findings: expect.any(Array) },
      { index: 3, offset: 58, bytes: 4, verdict: 'clean', findings: [] }
    ])
    const analyzed = await fetch(new URL('/analyze', gateway.url), { method: 'POST', body: Buffer.from(`q=${SCRIPT}`) })
    const { findings } = (await analyzed.json()) as { findings: { where: string }[] }
    expect(lines[2]?.findings).toEqual(findings.filter(({ where }) => where === 'body'))
  })

  test.each([1, 2, 3, 7, 41])('gets the same however the stream is cut: into pieces of %d bytes', async (size) => {
    const messages = ['hello', '', `q=${SCRIPT}`, 'x'.repeat(150), 'id=4']
    for (const [framed, query] of [
      [u32be(...messages), ''],
      [varint(...messages), '?framing=varint'],
      [Buffer.from(messages.map((message) => `${message}\n`).join('')), '?framing=newline']
    ] as const) {
      const lines = await send(inPieces(framed, size), query)
      expect(lines.map(({ bytes }) => bytes)).toEqual(messages.map((message) => message.length))
      expect(lines.map(({ verdict }) => verdict)).toEqual(['clean', 'clean', 'threat', 'clean', 'clean'])
    }
  })

  test('is JSON in application/x-ndjson, a line each', async () => {
    const lines = await send(Buffer.from(`${JSON.stringify({ comment: SCRIPT })}\n{"a":1}\n`), '', {
      'content-type': 'application/x-ndjson'
    })
    expect(lines.map(({ verdict, offset }) => [verdict, offset])).toEqual([
      ['threat', 0],
      ['clean', JSON.stringify({ comment: SCRIPT }).length + 1]
    ])
  })

  test('is one of many, in order, none lost', async () => {
    const messages = Array.from({ length: 5000 }, (_, index) => (index % 7 === 0 ? `q=${SCRIPT}&n=${index}` : `q=plain&n=${index}`))
    const lines = await send(inPieces(u32be(...messages), 10_000))
    expect(lines.map(({ index, bytes, verdict }) => [index, bytes, verdict])).toEqual(
      messages.map((message, index) => [index, message.length, index % 7 === 0 ? 'threat' : 'clean'])
    )
  })

  test('may take several turns, and is answered before those behind it', async () => {
    const roomy = await startUnderTest()
    try {
      const long = Buffer.alloc(1 << 20, "a=(x'b&")
      const lines = await ingest(roomy.port, [u32be(long, `q=${SCRIPT}`, long, 'id=4')])
      expect(lines.map(({ bytes, verdict }) => [bytes, verdict])).toEqual([
        [long.length, 'clean'],
        [41, 'threat'],
        [long.length, 'clean'],
        [4, 'clean']
      ])
      const leaving = new IngestClient(roomy.port)
      leaving.outgoing.write(u32be(long, long, long))
      await until(() => roomy.pools.bodies.stats().outstanding > 0, 'a message is in memory')
      leaving.outgoing.destroy()
      await until(() => roomy.outstanding() === 0, 'every buffer is back')
    } finally {
      expect(await roomy.close()).toBe(true)
    }
  })

  test('may span chunks in pooled memory, which comes back', async () => {
    const before = gateway.pools.bodies.stats().acquisitions
    const lines = await send(inPieces(u32be(randomBytes(LIMIT), randomBytes(LIMIT)), 1000))
    expect(lines.map(({ bytes }) => bytes)).toEqual([LIMIT, LIMIT])
    expect(gateway.pools.bodies.stats().acquisitions).toBeGreaterThan(before)
  })

  test('never gets into the log, nor its line', async () => {
    await send(u32be('name-of-somebody', `${SCRIPT}name-of-somebody`))
    const line = () => gateway.log.find((one) => one.includes('"messages":2'))
    await until(() => line() !== undefined, 'the log has the stream')
    expect(JSON.parse(line() ?? '')).toMatchObject({ route: '/ingest', status: 200, messages: 2, threats: 1 })
    expect(gateway.log.join('')).not.toMatch(/name-of-somebody|alert\(/)
  })
})

describe('a stream', () => {
  test('without a message has no line', async () => {
    expect(await send(Buffer.alloc(0))).toEqual([])
    const { status, headers } = await httpExchange(gateway.port, '/ingest', {}, 'POST')
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson'])
  })

  test('goes on behind messages that are too long', async () => {
    const long = 'x'.repeat(LIMIT + 1)
    const problem = { error: { code: 'message.too.large', message: expect.any(String) } }
    expect(await send(inPieces(u32be('one', long, 'two'), 999))).toEqual([
      expect.objectContaining({ index: 0, verdict: 'clean' }),
      { index: 1, offset: 7, ...problem },
      expect.objectContaining({ index: 2, offset: 7 + 4 + LIMIT + 1, verdict: 'clean' })
    ])
    const lines = await send(Buffer.from(`one\n${long}\ntwo\n`), '?framing=newline')
    expect(lines.map(({ index, offset, error }) => [index, offset, error?.code])).toEqual([
      [0, 0, undefined],
      [1, 4, 'message.too.large'],
      [2, 4 + LIMIT + 2, undefined]
    ])
  })

  test.each([
    ['u32be', u32be('one', 'two').subarray(0, 13)],
    ['u32be', u32be('one', 'two').subarray(0, 9)],
    ['varint', varint('one', 'two').subarray(0, 6)],
    ['newline', Buffer.from('onetwo\nthree')]
  ])('that ends inside a message says so in its last line: %s', async (framing, bytes) => {
    const lines = await send(bytes, `?framing=${framing}`)
    expect(lines).toHaveLength(2)
    const offset = { u32be: 7, varint: 4, newline: 7 }[framing]
    expect(lines[1]).toEqual({ index: 1, offset, error: { code: 'message.truncated', message: expect.any(String) } })
  })

  test('whose framing is lost ends with a line that says where, while its sender goes on sending', async () => {
    const client = new IngestClient(gateway.port, '?framing=varint')
    client.outgoing.write(Buffer.concat([varint('one'), Buffer.alloc(20, 0xff)]))
    expect((await client.lines()).map(({ index, offset, error }) => [index, offset, error?.code])).toEqual([
      [0, 0, undefined],
      [1, 4, 'message.malformed']
    ])
    client.outgoing.write(Buffer.alloc(100_000))
    await client.closed
  })

  test('that has no message at all, only nonsense, has that line alone; the connection goes on', async () => {
    const head = 'POST /ingest?framing=varint HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n'
    const rest = 'POST /ingest HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'
    const answers = await exchange(gateway.port, `${head}\r\n`, Buffer.alloc(200_000, 0xff), rest)
    expect(answers.match(/^HTTP\/1\.1 200 /gm)).toHaveLength(2)
    expect(answers.match(/"offset":0,"error":{"code":"message.malformed"/g)).toHaveLength(1)
  })

  test('that takes longer than a request may is cut off', async () => {
    const other = await startUnderTest({ REQUEST_TIMEOUT_MS: '300', HEADERS_TIMEOUT_MS: '300' })
    const client = new IngestClient(other.port)
    client.outgoing.write(Buffer.concat([u32be('one'), u32be('x'.repeat(5000)).subarray(0, 4000)]))
    await expect(client.lines()).rejects.toThrow()
    await until(() => other.outstanding() === 0, 'what came of the message is back')
    expect(await other.close()).toBe(true)
  })

  test('is answered while it is sent', async () => {
    const client = new IngestClient(gateway.port)
    client.outgoing.write(u32be('one'))
    const [first] = (await once(await client.answer, 'data')) as [Buffer]
    expect(first.toString()).toBe('{"index":0,"offset":0,"bytes":3,"verdict":"clean","findings":[]}\n')
    client.outgoing.end()
    ;(await client.answer).resume()
    await once(await client.answer, 'end')
  })

  test('whose framing nobody knows is refused, as are compressed ones, and other methods', async () => {
    expect(await post({}, '/ingest?framing=netstring')).toEqual([400, 'framing.unknown'])
    expect(await post({}, '/ingest?framing=varint&framing=varint')).toEqual([400, 'framing.unknown'])
    expect(await post({ 'content-encoding': 'gzip' })).toEqual([415, 'encoding.unsupported'])
    const { status, headers } = await httpExchange(gateway.port, '/ingest')
    expect([status, headers.allow]).toEqual([405, 'POST'])
  })
})

describe('under load', () => {
  test('a client that does not read its verdicts stops the intake, without memory; then it gets all of them', async () => {
    const judged = async () => {
      const figures = (await (await fetch(new URL('/metrics/process', gateway.url))).json()) as { detector: { requests: number } }
      return figures.detector.requests
    }
    const count = 30_000
    const before = await judged()
    const client = new IngestClient(gateway.port)
    client.outgoing.end(u32be(...Array.from({ length: count }, () => `q=${SCRIPT}`)))
    const answer = await client.answer
    answer.pause()
    let last = -1
    await until(async () => {
      const now = (await judged()) - before
      const stands = now === last
      last = now
      await new Promise((resolve) => setTimeout(resolve, 200))
      return stands
    }, 'nothing more is judged')
    expect(last).toBeLessThan(count)
    expect(gateway.outstanding()).toBe(0)
    let lines = 0
    for await (const chunk of answer) for (const byte of chunk as Buffer) if (byte === 10) lines += 1
    expect(lines).toBe(count)
  }, 30_000)

  test('a stream that finds no memory at its beginning is answered 503, later a last line', async () => {
    const leases = Array.from({ length: 4 }, () => gateway.pools.bodies.lease(LIMIT))
    const early = new IngestClient(gateway.port)
    early.outgoing.write(u32be('x'.repeat(1000)).subarray(0, 500))
    const refused = await early.answer
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1'])
    early.outgoing.destroy()
    const late = new IngestClient(gateway.port)
    late.outgoing.write(u32be('one', 'x'.repeat(1000)).subarray(0, 500))
    expect((await late.lines()).map(({ index, error }) => [index, error?.code])).toEqual([
      [0, undefined],
      [1, 'ERR_POOL_ACQUIRE_TIMEOUT']
    ])
    late.outgoing.destroy()
    for (const lease of leases) lease.release()
  })

  test('a message without scratch memory is never called clean, and the stream goes on', async () => {
    const client = new IngestClient(gateway.port)
    const lines = client.lines()
    const leases = Array.from({ length: 16 }, () => gateway.pools.scratch.lease(32_768))
    client.outgoing.write(u32be('one'))
    await client.answer
    for (const lease of leases) lease.release()
    client.outgoing.end(u32be('two'))
    expect((await lines).map(({ index, offset, verdict, error }) => [index, offset, verdict, error?.code])).toEqual([
      [0, 0, undefined, 'ERR_POOL_EXHAUSTED'],
      [1, 7, 'clean', undefined]
    ])
  })

  test('a client that goes away at any byte gives everything back', async () => {
    const bytes = u32be('one', 'x'.repeat(5000), `q=${SCRIPT}`, 'y'.repeat(LIMIT + 5), 'two')
    const logged = gateway.log.length
    await expectNoLeaks(async () => {
      for (let cut = 0; cut <= bytes.length; cut += cut < 30 ? 1 : 997) {
        const client = new IngestClient(gateway.port)
        client.outgoing.write(bytes.subarray(0, cut), () => client.outgoing.destroy())
        await client.closed
      }
      await until(() => gateway.outstanding() === 0, 'every buffer is back')
    })
    const ended = gateway.log.slice(logged).map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(ended.length).toBeGreaterThan(40)
    expect(new Set(ended)).toEqual(new Set(['request aborted']))
  })

  test('one that goes away while its message waits for memory, or without reading, does so too', async () => {
    const leases = Array.from({ length: 4 }, () => gateway.pools.bodies.lease(LIMIT))
    const waiting = new IngestClient(gateway.port)
    waiting.outgoing.write(u32be('x'.repeat(1000)).subarray(0, 500))
    await until(() => gateway.pools.bodies.stats().waiting === 1, 'the message waits')
    waiting.outgoing.destroy()
    await until(() => gateway.pools.bodies.stats().waiting === 0, 'it does not any more')
    for (const lease of leases) lease.release()
    const deaf = new IngestClient(gateway.port)
    deaf.outgoing.write(u32be(...Array.from({ length: 100_000 }, () => '')))
    ;(await deaf.answer).pause()
    deaf.outgoing.destroy()
    await deaf.closed
  })

  test('a connection serves other requests after a stream', async () => {
    const frame = u32be('one')
    const head = `POST /ingest HTTP/1.1\r\nhost: x\r\ncontent-length: ${frame.length}\r\n`
    const answers = await exchange(gateway.port, `${head}\r\n`, frame, `${head}connection: close\r\n\r\n`, frame)
    expect(answers.match(/^HTTP\/1\.1 200 /gm)).toHaveLength(2)
    expect(answers.match(/"verdict":"clean"/g)).toHaveLength(2)
  })
})

describe('a shutdown', () => {
  test('lets a stream end that ends in time', async () => {
    const other = await startUnderTest()
    const client = new IngestClient(other.port)
    const lines = client.lines()
    client.outgoing.write(u32be('one'))
    await client.answer
    const closed = other.close()
    client.outgoing.end(u32be('two'))
    expect((await lines).map(({ verdict }) => verdict)).toEqual(['clean', 'clean'])
    expect(await closed).toBe(true)
  })

  test('tells a sender that never ends, with a line for each message that was read', async () => {
    const other = await startUnderTest({ SHUTDOWN_TIMEOUT_MS: '1500' })
    const client = new IngestClient(other.port)
    const lines = client.lines()
    client.outgoing.write(Buffer.concat([u32be('one', 'two'), u32be('three').subarray(0, 6)]))
    await client.answer
    expect(await other.close()).toBe(true)
    const told = await lines
    expect(told.map(({ index, error }) => [index, error?.code])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, 'gateway.stopping']
    ])
  })
})
