import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync, truncateSync, utimesSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { expectNoLeaks } from '@pool/core/testing'
import express from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config.js'
import { FILE_CHUNK_BYTES } from '../../src/pools.js'
import { type GatewayUnderTest, rawConnection, startUnderTest, until } from '../gateway-under-test.js'
import { FolderUnderTest } from './folder-under-test.js'
import { type Exchange, httpExchange } from './http-exchange.js'

const CHUNK = FILE_CHUNK_BYTES
const BIG = randomBytes(3_000_001)
let folder: FolderUnderTest
let gateway: GatewayUnderTest
let peer: Server

beforeAll(async () => {
  folder = new FolderUnderTest()
  folder.write('digits.txt', '0123456789')
  folder.write('empty.json', '')
  folder.write('big.bin', BIG)
  folder.write('plain', 'no extension')
  folder.write('ü & %.html', '<p>hello')
  folder.write('.secret', 'secret')
  utimesSync(folder.write('old.txt', 'old'), 1_000_000_000, 1_000_000_000)
  mkdirSync(join(folder.path, 'deeper'))
  folder.write('deeper/inside.txt', 'secret')
  symlinkSync('/etc/passwd', join(folder.path, 'outside.txt'))
  symlinkSync('deeper/inside.txt', join(folder.path, 'link.txt'))
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', join(folder.path, 'pipe')])
  gateway = await startUnderTest({ FILES_DIR: folder.path, POOL_WAIT_MS: '100' })
  peer = createServer(express().use('/files', express.static(folder.path, { index: false, redirect: false }))).listen(0, '127.0.0.1')
})

afterAll(async () => {
  expect(await gateway.close()).toBe(true)
  peer.close()
  folder.remove()
})

afterEach(() => until(() => gateway.outstanding() === 0, 'every chunk is back'))

const get = (path: string, headers?: Record<string, string>) => httpExchange(gateway.port, path, headers)
const head = (path: string, headers?: Record<string, string>) => httpExchange(gateway.port, path, headers, 'HEAD')
const files = () => gateway.pools.files?.stats()
const codeOf = ({ body }: Exchange) => (JSON.parse(body.toString()) as { error: { code: string } }).error.code

describe('a file', () => {
  test('is served whole, with its type, length and validators', async () => {
    const { status, headers, body } = await get('/files/digits.txt')
    expect([status, body.toString()]).toEqual([200, '0123456789'])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"a-[0-9a-f]+"$/),
      'last-modified': expect.stringMatching(/GMT$/)
    })
  })

  test('of many chunks comes byte for byte, from pooled memory', async () => {
    const before = files()?.acquisitions ?? 0
    expect((await get('/files/big.bin')).body.equals(BIG)).toBe(true)
    expect((files()?.acquisitions ?? 0) - before).toBe(Math.ceil(BIG.length / CHUNK))
  })

  test.each([
    ['/files/empty.json', 'application/json; charset=utf-8', ''],
    ['/files/plain', 'application/octet-stream', 'no extension'],
    ['/files/%C3%BC%20&%20%25.html', 'text/html; charset=utf-8', '<p>hello']
  ])('%s may be empty, of no type, of any name', async (path, type, contents) => {
    const { status, headers, body } = await get(path)
    expect([status, headers['content-type'], body.toString()]).toEqual([200, type, contents])
  })

  test('is described by HEAD, without a byte of it, and without memory', async () => {
    const before = files()?.acquisitions
    const whole = await get('/files/digits.txt')
    const { status, headers, body } = await head('/files/digits.txt', { range: 'bytes=2-3' })
    expect([status, body.length]).toEqual([200, 0])
    expect({ ...headers, date: '', 'x-request-id': '' }).toEqual({ ...whole.headers, date: '', 'x-request-id': '' })
    expect(files()?.acquisitions).toBe((before ?? 0) + 1)
  })

  test('is there for no other method', async () => {
    const answer = await httpExchange(gateway.port, '/files/digits.txt', {}, 'DELETE')
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
  })
})

describe('a range', () => {
  const ranges = ['bytes=0-0', 'bytes=2-5', 'bytes=9-', 'bytes=-3', 'bytes=-10', 'bytes=0-', 'bytes=5-100', 'bytes=10-', 'bytes=100-200']
  const odd = ['bytes=0-1,2-3', 'bytes=0-1,5-6', 'bytes=-0', 'bytes=5-2', 'items=0-1', 'bytes', 'bytes=a-b', 'bytes= 1 - 2 ', 'bytes=1-2-3']

  test.each([...ranges, ...odd])('%s is answered as express.static does', async (range) => {
    const { port } = peer.address() as AddressInfo
    // Of an empty file express.static refuses the last bytes, which RFC 9110 does not.
    const isSuffix = /^bytes=-[1-9]/.test(range)
    for (const path of ['/files/digits.txt', '/files/big.bin', ...(isSuffix ? [] : ['/files/empty.json'])]) {
      const [ours, theirs] = [await get(path, { range }), await httpExchange(port, path, { range })]
      expect([ours.status, ours.headers['content-range']]).toEqual([theirs.status, theirs.headers['content-range']])
      if (ours.status !== 416) {
        expect(ours.headers['content-length']).toBe(theirs.headers['content-length'])
        expect(ours.body.equals(theirs.body)).toBe(true)
      }
    }
  })

  test('longer than the file, from its end, is the whole of it', async () => {
    const { status, headers, body } = await get('/files/digits.txt', { range: 'bytes=-11' })
    expect([status, headers['content-range'], body.toString()]).toEqual([206, 'bytes 0-9/10', '0123456789'])
  })

  test('behind the end is refused with the length, and nothing else of the file', async () => {
    const answer = await get('/files/digits.txt', { range: 'bytes=10-' })
    expect([answer.status, codeOf(answer), answer.headers['content-range']]).toEqual([416, 'range.unsatisfiable', 'bytes */10'])
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    expect(answer.headers.etag).toBeUndefined()
  })

  test('across chunks comes byte for byte', async () => {
    for (const [start, end] of [
      [CHUNK - 1, CHUNK],
      [1, 3 * CHUNK],
      [BIG.length - 2, BIG.length - 1]
    ] as const) {
      const { status, body } = await get('/files/big.bin', { range: `bytes=${start}-${end}` })
      expect([status, body.equals(BIG.subarray(start, end + 1))]).toEqual([206, true])
    }
  })

  test.each(['bytes=-1', 'bytes=-100'])('%s of an empty file is all of it, as RFC 9110 has it', async (range) => {
    const { status, headers, body } = await get('/files/empty.json', { range })
    expect([status, headers['content-range'], headers['content-length'], body.length]).toEqual([200, undefined, '0', 0])
  })

  test('is only taken of the file that If-Range means', async () => {
    const { headers } = await head('/files/old.txt')
    const statusWith = async (ifRange: string) => (await get('/files/old.txt', { range: 'bytes=1-', 'if-range': ifRange })).status
    expect(await statusWith(String(headers.etag))).toBe(206)
    expect(await statusWith(String(headers['last-modified']))).toBe(206)
    expect(await statusWith('"another"')).toBe(200)
    expect(await statusWith(`W/${headers.etag}`)).toBe(200)
    expect(await statusWith(new Date(0).toUTCString())).toBe(200)
  })
})

describe('a condition', () => {
  const OLD = new Date(1_000_000_000_000).toUTCString()
  const EARLIER = new Date(999_999_000_000).toUTCString()

  test.each([
    [{ 'if-modified-since': OLD }, 304],
    [{ 'if-modified-since': EARLIER }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"', 'if-modified-since': OLD }, 200],
    [{ 'if-modified-since': OLD, 'cache-control': 'no-cache' }, 200],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-match': '*' }, 200],
    [{ 'if-unmodified-since': EARLIER }, 412],
    [{ 'if-unmodified-since': OLD }, 200],
    [{ 'if-unmodified-since': 'yesterday' }, 200],
    [{ 'if-match': '"x"', range: 'bytes=9-' }, 412]
  ])('%j gets %d, as from express.static', async (headers: Record<string, string>, status) => {
    const { port } = peer.address() as AddressInfo
    expect((await get('/files/old.txt', headers)).status).toBe(status)
    expect((await httpExchange(port, '/files/old.txt', headers)).status).toBe(status)
  })

  test('by the tag is met as long as the file is the same', async () => {
    const path = folder.write('changing.txt', 'one')
    const { etag } = (await head('/files/changing.txt')).headers
    const same = await get('/files/changing.txt', { 'if-none-match': `"x", ${etag}`, range: 'bytes=0-0' })
    expect([same.status, same.body.length, same.headers.etag]).toEqual([304, 0, etag])
    expect((await get('/files/changing.txt', { 'if-match': `"x", ${etag}` })).status).toBe(200)
    utimesSync(path, 1, 1)
    expect((await get('/files/changing.txt', { 'if-none-match': String(etag) })).status).toBe(200)
    expect((await get('/files/changing.txt', { 'if-match': String(etag) })).status).toBe(412)
  })
})

describe('a name', () => {
  test.each([
    ['that there is not', 'none.txt'],
    ['of a folder', 'deeper'],
    ['in a folder', 'deeper%2Finside.txt'],
    ['that climbs', '..%2F..%2Fetc%2Fpasswd'],
    ['that climbs by backslashes', '..%5C..%5Cetc%5Cpasswd'],
    ['that is the folder', '%2E'],
    ['that is the one above', '%2E%2E'],
    ['that is absolute', '%2Fetc%2Fpasswd'],
    ['with a NUL', 'digits.txt%00.html'],
    ['with a leading dot', '.secret'],
    ['of a link out of the folder', 'outside.txt'],
    ['of a link within it', 'link.txt'],
    ['of a pipe', 'pipe'],
    ['that no system takes', 'x'.repeat(1000)]
  ])('%s is answered 404', async (_what, name) => {
    const answer = await get(`/files/${name}`)
    expect([answer.status, codeOf(answer)]).toEqual([404, 'file.unknown'])
  })

  test.each(['/files', '/files/', '/files/deeper/inside.txt', '/files/../package.json'])('%s is no route', async (path) => {
    expect(codeOf(await get(path))).toBe('route.unknown')
  })

  test('that is none is answered 400', async () => {
    expect((await get('/files/%zz')).status).toBe(400)
  })

  test('never gets into the log', async () => {
    await get('/files/name-of-somebody.txt')
    await get('/files/digits.txt')
    await until(() => gateway.log.join('').includes('"route":"/files"'), 'the log has the line')
    expect(gateway.log.join('')).not.toMatch(/name-of-somebody|digits/)
  })
})

/** Asks for the big file, and reads nothing of what comes. */
async function slowDownload(port: number): Promise<Socket> {
  const socket = await rawConnection(port)
  socket.pause()
  socket.write('GET /files/huge.bin HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  return socket
}

/** Reads as many bytes, or all that come; returns how many came. */
async function readSome(socket: Socket, bytes: number): Promise<number> {
  let read = 0
  if (bytes > 0) {
    for await (const chunk of socket) {
      read += (chunk as Buffer).length
      if (read >= bytes) break
    }
  }
  return read
}

describe('under load', () => {
  const HUGE = 16 * 1024 * 1024
  const start = (environment: Record<string, string> = {}) =>
    startUnderTest({ FILES_DIR: folder.path, POOL_WAIT_MS: '100', ...environment })

  beforeAll(() => {
    truncateSync(folder.write('huge.bin', 'x'), HUGE)
  })

  test('a client that does not read stops the reading', async () => {
    const socket = await slowDownload(gateway.port)
    await until(() => files()?.outstanding === 2, 'one chunk is ahead, one with the response')
    const { acquisitions } = gateway.pools.files?.stats() ?? {}
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(files()).toMatchObject({ acquisitions, outstanding: 2 })
    expect(await readSome(socket, Number.POSITIVE_INFINITY)).toBeGreaterThan(HUGE)
  })

  test('32 slow downloads hold a bounded number of bytes, and all end whole', async () => {
    const other = await start({ FILES_POOL_MAX_BYTES: String(40 * CHUNK) })
    const sockets = await Promise.all(Array.from({ length: 32 }, () => slowDownload(other.port)))
    await until(() => (other.pools.files?.stats().outstanding ?? 0) === 40, 'all of the memory is out')
    expect(other.pools.files?.stats().liveBytes).toBe(40 * CHUNK)
    const lengths = await Promise.all(sockets.map((socket) => readSome(socket, Number.POSITIVE_INFINITY)))
    for (const length of lengths) expect(length).toBeGreaterThan(HUGE)
    expect(other.pools.files?.stats()).toMatchObject({ peakInUse: 40, outstanding: 0 })
    expect(await other.close()).toBe(true)
  })

  test('who finds no memory waits, then gets 503 with nothing of the file; or gets it, when there is some in time', async () => {
    const other = await start({ FILES_POOL_MAX_BYTES: String(CHUNK), POOL_WAIT_MS: '300' })
    const lease = other.pools.files?.lease(CHUNK)
    const refused = await httpExchange(other.port, '/files/digits.txt', { range: 'bytes=1-2' })
    expect([refused.status, codeOf(refused), refused.headers['retry-after']]).toEqual([503, 'ERR_POOL_ACQUIRE_TIMEOUT', '1'])
    for (const name of ['etag', 'last-modified', 'content-range', 'accept-ranges']) expect(refused.headers[name]).toBeUndefined()
    expect(refused.headers['cache-control']).toBe('no-store')
    const served = httpExchange(other.port, '/files/digits.txt')
    await until(() => other.pools.files?.stats().waiting === 1, 'the download waits')
    lease?.release()
    expect((await served).status).toBe(200)
    expect(await other.close()).toBe(true)
  })

  test('with POOL_WAIT_MS=0 nobody waits, and whom memory is there for is served', async () => {
    const other = await start({ FILES_POOL_MAX_BYTES: String(CHUNK), POOL_WAIT_MS: '0' })
    expect((await httpExchange(other.port, '/files/big.bin')).body.equals(BIG)).toBe(true)
    const lease = other.pools.files?.lease(CHUNK)
    expect(codeOf(await httpExchange(other.port, '/files/digits.txt'))).toBe('ERR_POOL_EXHAUSTED')
    lease?.release()
    expect(await other.close()).toBe(true)
  })

  test('a client that goes away at any point gives everything back', async () => {
    const other = await start()
    await expectNoLeaks(async () => {
      for (let bytes = 0; bytes < 2_000_000; bytes = bytes * 2 + 1) {
        const socket = await slowDownload(other.port)
        await readSome(socket, bytes)
        socket.destroy()
      }
      await until(() => other.pools.files?.stats().outstanding === 0, 'every chunk is back')
    })
    expect(other.log.join('')).not.toContain('request failed')
    expect(await other.close()).toBe(true)
  })

  test('one that goes away while it waits for memory waits no longer', async () => {
    const other = await start({ FILES_POOL_MAX_BYTES: String(CHUNK), POOL_WAIT_MS: '60000' })
    const lease = other.pools.files?.lease(CHUNK)
    const socket = await slowDownload(other.port)
    await until(() => other.pools.files?.stats().waiting === 1, 'the download waits')
    socket.destroy()
    await until(() => other.pools.files?.stats().waiting === 0, 'it does not any more')
    lease?.release()
    expect(await other.close()).toBe(true)
  })

  test('a file that becomes shorter breaks the answer off', async () => {
    const path = folder.write('shrinking.bin', Buffer.alloc(HUGE))
    const socket = await rawConnection(gateway.port)
    socket.pause()
    socket.write('GET /files/shrinking.bin HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => files()?.outstanding === 2, 'it is being sent')
    truncateSync(path, 1000)
    expect(await readSome(socket, Number.POSITIVE_INFINITY)).toBeLessThan(HUGE)
    await until(() => gateway.log.join('').includes('shorter while it was sent'), 'the log tells')
  })

  test('a shutdown lets downloads finish', async () => {
    const other = await start()
    const socket = await slowDownload(other.port)
    await until(() => other.pools.files?.stats().outstanding === 2, 'it is being sent')
    const closed = other.close()
    expect(await readSome(socket, Number.POSITIVE_INFINITY)).toBeGreaterThan(HUGE)
    expect(await closed).toBe(true)
  })

  test('a download that is cut off at the end of the time leaves no memory out', async () => {
    const other = await start({ SHUTDOWN_TIMEOUT_MS: '100' })
    const socket = await slowDownload(other.port)
    await until(() => other.pools.files?.stats().outstanding === 2, 'it is being sent')
    expect(await other.close()).toBe(false)
    expect(other.log.join('')).toMatch(/"cutOff":1,"outstanding":0/)
    socket.destroy()
  })
})

test('the pool is shown among the others', async () => {
  const stats = JSON.parse((await get('/metrics/memory-pools')).body.toString()) as Record<string, { kind: string }>
  expect(Object.keys(stats)).toEqual(['bodies', 'scratch', 'files'])
  expect((await get('/metrics')).body.toString()).toContain('buffer_pool_gets_total{pool="files"')
})

test('POOLING=unpooled serves the same', async () => {
  const twin = await startUnderTest({ POOLING: 'unpooled', FILES_DIR: folder.path })
  expect((await httpExchange(twin.port, '/files/big.bin')).body.equals(BIG)).toBe(true)
  expect(twin.pools.files?.stats()).toMatchObject({ kind: 'unpooled', outstanding: 0 })
  expect(await twin.close()).toBe(true)
})

test('without FILES_DIR there is no such route and no such pool', async () => {
  const other = await startUnderTest()
  expect(codeOf(await httpExchange(other.port, '/files/digits.txt'))).toBe('route.unknown')
  expect(other.pools.files).toBeUndefined()
  expect(await other.close()).toBe(true)
})

test.each(['digits.txt', 'none'])('FILES_DIR that is no folder ends the start: %s', async (name) => {
  const started = startUnderTest({ FILES_DIR: join(folder.path, name) })
  await expect(started).rejects.toThrow(ConfigError)
  await expect(started).rejects.toThrow(/FILES_DIR: expected a folder/)
})
