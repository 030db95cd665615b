import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchange, GatewaySubprocess, type GatewayUnderTest, rawConnection, startUnderTest, until } from '../gateway-under-test.js'
import { u32be, varint } from './framed.js'
import { ingest, type Line } from './ingest-client.js'

const SCRIPT = '<script>alert(document.cookie)</script>'
const LIMIT = 16_384
const limits = { BODY_LIMIT_BYTES: String(LIMIT), POOL_MAX_BYTES: String(4 * LIMIT), POOL_WAIT_MS: '100', INGEST_PORT: '0' }

const linesOf = (answer: string): Line[] => {
  const lines = answer.split('\n')
  if (lines.pop() !== '') throw new Error('the last line has no end')
  return lines.map((line) => JSON.parse(line) as Line)
}

/** Sends these chunks one after the other, ends, and returns the lines. */
async function send(port: number | undefined, ...chunks: Buffer[]): Promise<Line[]> {
  const socket = await rawConnection(port as number)
  const answer = text(socket)
  for (const chunk of chunks) await new Promise((resolve) => socket.write(chunk, resolve))
  socket.end()
  return linesOf(await answer)
}

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))

describe.each(['pooled', 'unpooled'])('the port for streams of messages, %s', (pooling) => {
  let gateway: GatewayUnderTest

  beforeAll(async () => {
    gateway = await startUnderTest({ ...limits, POOLING: pooling })
  })

  afterAll(async () => {
    expect(await gateway.close()).toBe(true)
    expect(gateway.outstanding()).toBe(0)
  })

  test('answers with the lines of POST /ingest', async () => {
    const messages = u32be('hello', '', `q=${SCRIPT}`, 'x'.repeat(LIMIT + 1), 'id=4', randomBytes(LIMIT))
    const lines = await send(gateway.ingestPort, messages)
    expect(lines.map(({ verdict, error }) => verdict ?? error?.code).slice(0, 5)).toEqual([
      'clean',
      'clean',
      'threat',
      'message.too.large',
      'clean'
    ])
    expect(lines).toEqual(await ingest(gateway.port, [messages]))
  })

  test.each([1, 7, 1000])('answers the same however the stream is cut: into pieces of %d bytes', async (size) => {
    const messages = u32be('hello', '', `q=${SCRIPT}`, 'x'.repeat(150), 'id=4')
    expect(await send(gateway.ingestPort, ...inPieces(messages, size))).toEqual(await ingest(gateway.port, [messages]))
  })

  test('says in its last line that the stream ended inside a message', async () => {
    const lines = await send(gateway.ingestPort, u32be('one', 'two').subarray(0, 12))
    expect(lines.map(({ index, error }) => [index, error?.code])).toEqual([
      [0, undefined],
      [1, 'message.truncated']
    ])
  })

  test('judges thousands of messages in order, while the client reads late', async () => {
    const messages = Array.from({ length: 3000 }, (_, index) => (index % 7 === 0 ? `q=${SCRIPT}&n=${index}` : `q=plain&n=${index}`))
    const socket = await rawConnection(gateway.ingestPort as number)
    socket.end(u32be(...messages))
    await new Promise((resolve) => setTimeout(resolve, 300))
    const lines = linesOf(await text(socket))
    expect(lines.map(({ index, verdict }) => [index, verdict])).toEqual(
      messages.map((_, index) => [index, index % 7 === 0 ? 'threat' : 'clean'])
    )
  })

  test('gives memory back when a client resets in the midst of a message', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = await rawConnection(gateway.ingestPort as number)
      socket.write(u32be('one', randomBytes(LIMIT)).subarray(0, 500 * (round + 1)))
      if (round % 2 === 0) await once(socket, 'data')
      socket.resetAndDestroy()
    }
    await until(() => gateway.outstanding() === 0, 'every buffer is back')
  })

  test('logs figures of a stream, and nothing that it holds', async () => {
    await send(gateway.ingestPort, u32be('name-of-somebody', `${SCRIPT}name-of-somebody`))
    const line = () => gateway.log.find((one) => one.includes('"route":"ingest port"') && one.includes('"bytes":79,'))
    await until(() => line() !== undefined, 'the log has the stream')
    expect(JSON.parse(line() ?? '')).toMatchObject({ messages: 2, threats: 1 })
    expect(gateway.log.join('')).not.toMatch(/name-of-somebody|alert\(/)
  })
})

describe('the port for streams of messages', () => {
  test('is not there by default', async () => {
    const gateway = await startUnderTest()
    expect(gateway.ingestPort).toBeUndefined()
    expect(gateway.pools.ingest).toBeUndefined()
    expect(await gateway.close()).toBe(true)
  })

  test.each([
    ['varint', varint('one', `q=${SCRIPT}`)],
    ['newline', Buffer.from(`one\nq=${SCRIPT}\n`)]
  ])('tells messages apart as INGEST_FRAMING says: %s', async (framing, bytes) => {
    const gateway = await startUnderTest({ INGEST_PORT: '0', INGEST_FRAMING: framing })
    expect((await send(gateway.ingestPort, bytes)).map(({ verdict }) => verdict)).toEqual(['clean', 'threat'])
    expect(await gateway.close()).toBe(true)
  })

  test('ends a stream whose framing is lost with a line that says where', async () => {
    const gateway = await startUnderTest({ INGEST_PORT: '0', INGEST_FRAMING: 'varint' })
    const lines = await send(gateway.ingestPort, Buffer.concat([varint('one'), Buffer.alloc(20, 0xff)]))
    expect(lines.map(({ index, offset, error }) => [index, offset, error?.code])).toEqual([
      [0, 0, undefined],
      [1, 4, 'message.malformed']
    ])
    expect(await gateway.close()).toBe(true)
  })

  test('holds a client back that never reads, in bounded memory, and closes it when it stays so', async () => {
    const gateway = await startUnderTest({ ...limits, IDLE_TIMEOUT_MS: '600', INGEST_POOL_MAX_BYTES: String(2 ** 20) })
    const socket = await rawConnection(gateway.ingestPort as number)
    // Not by once(), which rejects at the reset.
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const batch = u32be(...Array.from({ length: 1000 }, () => 'id=4'))
    let sent = 0
    const go = (): void => {
      while (!socket.destroyed && sent < 2 ** 30) {
        sent += batch.length
        if (!socket.write(batch)) {
          socket.once('drain', go)
          return
        }
      }
    }
    socket.pause()
    go()
    await until(() => (gateway.pools.ingest?.stats().peakInUse ?? 0) > 0, 'the stream has begun')
    const isClosed = await Promise.race([closed.then(() => true), new Promise((resolve) => setTimeout(resolve, 60_000, false))])
    expect(isClosed).toBe(true)
    expect(sent).toBeLessThan(100 * 2 ** 20)
    expect(gateway.pools.ingest?.stats().liveBytes).toBeLessThanOrEqual(2 ** 20)
    expect(await gateway.close()).toBe(true)
  })

  test('refuses connections beyond MAX_CONNECTIONS', async () => {
    const gateway = await startUnderTest({ ...limits, MAX_CONNECTIONS: '2' })
    const held: Socket[] = []
    for (let count = 0; count < 2; count++) {
      const socket = await rawConnection(gateway.ingestPort as number)
      socket.write(u32be('one'))
      await once(socket, 'data')
      held.push(socket)
    }
    expect(await exchange(gateway.ingestPort as number, u32be('one'))).toBe('')
    for (const socket of held) socket.end()
    await Promise.all(held.map((socket) => once(socket.resume(), 'close')))
    expect((await send(gateway.ingestPort, u32be('one'))).map(({ verdict }) => verdict)).toEqual(['clean'])
    expect(await gateway.close()).toBe(true)
  })

  test('finishes streams after SIGTERM, tells those that do not end, and ends with 0', async () => {
    const child = new GatewaySubprocess({ ...limits, SHUTDOWN_TIMEOUT_MS: '2000', SHUTDOWN_IDLE_MS: '300' })
    const port = await child.ingestPort()
    const [busy, idle] = [await rawConnection(port), await rawConnection(port)]
    const answers = [text(busy), text(idle)]
    for (const socket of [busy, idle]) socket.write(u32be('one'))
    await Promise.all([once(busy, 'data'), once(idle, 'data')])
    child.child.kill('SIGTERM')
    // It is read on while it brings something, until half of the time is up.
    const timer = setInterval(() => busy.write(u32be('more')), 20)
    const [ofBusy, ofIdle] = (await Promise.all(answers)).map(linesOf) as [Line[], Line[]]
    clearInterval(timer)
    expect(await child.ended()).toBe(0)
    expect(ofIdle.map(({ verdict, error }) => verdict ?? error?.code)).toEqual(['clean', 'gateway.stopping'])
    expect(ofBusy.length).toBeGreaterThan(10)
    expect(ofBusy.at(-1)?.error?.code).toBe('gateway.stopping')
    expect(ofBusy.slice(0, -1).every(({ verdict }) => verdict === 'clean')).toBe(true)
  })

  test('cuts a client off that reads nothing while the gateway stops, and ends with its memory back', async () => {
    const gateway = await startUnderTest({ ...limits, SHUTDOWN_TIMEOUT_MS: '1000' })
    const socket = await rawConnection(gateway.ingestPort as number)
    socket.pause()
    const batch = u32be(...Array.from({ length: 1000 }, () => 'id=4'))
    const isTakenOn = (): Promise<boolean> => {
      const drained = new Promise<boolean>((resolve) => socket.once('drain', () => resolve(true)))
      return Promise.race([drained, new Promise<boolean>((resolve) => setTimeout(resolve, 500, false))])
    }
    // Until the gateway waits for the client to read its lines.
    while (socket.write(batch) || (await isTakenOn()));
    await until(() => gateway.outstanding() > 0, 'a lease waits')
    expect(await gateway.close()).toBe(false)
    expect(gateway.outstanding()).toBe(0)
  })

  test('judges a stream that has connected when the gateway stops, and was not accepted yet', async () => {
    const gateway = await startUnderTest({ INGEST_PORT: '0', INGEST_FRAMING: 'newline' })
    const hasSent = new Int32Array(new SharedArrayBuffer(4))
    const client = new Worker(
      `const { workerData: { port, hasSent }, parentPort } = require('node:worker_threads')
      const socket = require('node:net').connect(port, '127.0.0.1', () => socket.end('id=4\\n', () => {
        Atomics.store(hasSent, 0, 1)
        Atomics.notify(hasSent, 0)
      }))
      let answer = ''
      socket.on('data', (chunk) => (answer += chunk)).on('error', ({ code }) => (answer = code)).on('close', () => parentPort.postMessage(answer))`,
      { eval: true, workerData: { port: gateway.ingestPort, hasSent } }
    )
    const answer = once(client, 'message')
    await once(client, 'online')
    // This thread accepts nothing meanwhile.
    expect(Atomics.wait(hasSent, 0, 0, 60_000)).not.toBe('timed-out')
    expect(await gateway.close()).toBe(true)
    expect(linesOf((await answer)[0] as string)).toMatchObject([{ verdict: 'clean' }])
  })

  test('is another port than that of HTTP', async () => {
    await expect(startUnderTest({ PORT: '4000', INGEST_PORT: '4000' })).rejects.toThrow('INGEST_PORT: expected another port than PORT')
  })
})
