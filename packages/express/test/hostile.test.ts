import { once } from 'node:events'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { SizeClassPool } from '@pool/core'
import express5 from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Middleware, pooledBody } from '../src/index.js'
import { open, send, sendRaw, until } from './support/client.js'
import { type Host, serve } from './support/hosts.js'

const MiB = 1024 * 1024
const limit = MiB
const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\nconnection: close\r\n'
const statusOf = (answer: string) => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'closed without an answer'

/** 1 GB of zeroes in about 1 MB: many members of one gzip, which is quicker to make than one large one. */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(16 * MiB), { level: 9 })
  return Buffer.concat(Array.from({ length: 64 }, () => member))
}

describe('hostile requests', () => {
  const pool = new SizeClassPool({ name: 'hostile', maxLiveBytes: 8 * MiB, memoryPressure: false })
  let theirs: Host
  let ours: Host
  beforeAll(async () => {
    theirs = await serve('Express 5', [express5.raw({ limit }) as Middleware])
    ours = await serve('Express 5', [pooledBody({ pool, limit })])
  })
  afterAll(async () => {
    await Promise.all([theirs.close(), ours.close()])
  })
  const both = async (bytes: string | Buffer) => {
    const [answerTheirs, answerOurs] = await Promise.all([theirs, ours].map((host) => sendRaw(host.port, bytes)))
    expect(statusOf(answerOurs!)).toBe(statusOf(answerTheirs!))
    await until(() => pool.stats().inUse === 0, 'nothing is out')
    return statusOf(answerOurs!)
  }

  it.each([
    ['a negative content-length', 'content-length: -1\r\n\r\nx', '400'],
    ['a content-length that is no number', 'content-length: ten\r\n\r\nx', '400'],
    ['a content-length beyond all numbers', 'content-length: 99999999999999999999999\r\n\r\nx', '400'],
    ['two content-lengths that differ', 'content-length: 1\r\ncontent-length: 2\r\n\r\nxx', '400'],
    ['a content-length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
    ['a body longer than it says', 'content-length: 1\r\n\r\nxGARBAGE', '400'],
    ['a chunk whose size is no number', 'transfer-encoding: chunked\r\n\r\nzz\r\nx\r\n', '400'],
    ['a chunk longer than it says', 'transfer-encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n', '400'],
    ['garbage in the middle of chunks', 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n\0\0\0', '400'],
    ['no chunk at all', 'transfer-encoding: chunked\r\n\r\n0\r\n\r\n', '200'],
    ['an unknown content encoding', 'content-encoding: rot13\r\ncontent-length: 1\r\n\r\nx', '415'],
    ['zero bytes', 'content-length: 0\r\n\r\n', '200'],
    ['an empty gzip', 'content-encoding: gzip\r\ncontent-length: 0\r\n\r\n', undefined],
    ['a gzip that is none', 'content-encoding: gzip\r\ncontent-length: 4\r\n\r\nnone', '400']
  ])('get the status that express.raw() gives: %s', async (_what, rest, expected) => {
    const status = await both(head + rest)
    if (expected !== undefined) expect(status).toBe(expected)
  })

  it.each([
    ['a chunk that claims 4 GiB', 'transfer-encoding: chunked\r\n\r\nffffffff\r\nx'],
    ['an unknown transfer encoding', 'transfer-encoding: rot13\r\n\r\nx'],
    ['a body that never comes', 'content-length: 1000\r\n\r\n'],
    ['a gzip that never ends', 'content-encoding: gzip\r\ncontent-length: 1000\r\n\r\n\x1f\x8b']
  ])('hold nothing once the client has gone: %s', async (_what, rest) => {
    const socket = await open(ours.port)
    socket.write(Buffer.from(head + rest, 'latin1'))
    socket.end()
    await once(socket.resume(), 'close')
    await until(() => pool.stats().inUse === 0, 'nothing is out')
  })

  it('refuse a gzip bomb of 1 GB at the limit, in bounded memory', async () => {
    const bomb = gzipBomb()
    expect(bomb.length).toBeLessThan(2 * MiB)
    const upload = { headers: { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }, chunks: [bomb] }
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    const answer = await send(ours.port, upload)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 413, type: 'entity.too.large' })
    // A share of the gigabyte: what the collector of a busy machine has not freed yet counts too.
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 * MiB)
    expect((await send(theirs.port, upload)).status).toBe(413)
    expect(pool.stats().peakInUse * MiB).toBeLessThanOrEqual(16 * MiB)
    await until(() => pool.stats().inUse === 0, 'nothing is out')
  })

  it('refuse a brotli bomb, and every truncation of a gzip', async () => {
    const bomb = brotliCompressSync(Buffer.alloc(16 * MiB))
    const headers = (encoding: string) => ({ 'content-type': 'application/octet-stream', 'content-encoding': encoding })
    expect((await send(ours.port, { headers: headers('br'), chunks: [bomb] })).status).toBe(413)
    const whole = gzipSync('a short body')
    for (let length = 0; length < whole.length; length++) {
      const upload = { headers: headers('gzip'), chunks: [whole.subarray(0, length)] }
      const [answerTheirs, answerOurs] = await Promise.all([send(theirs.port, upload), send(ours.port, upload)])
      expect([length, answerOurs.text]).toEqual([length, answerTheirs.text])
    }
    await until(() => pool.stats().inUse === 0, 'nothing is out')
  })

  it('may come in 100 000 chunks of one byte', async () => {
    const count = 100_000
    const chunks = `${head}transfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`
    const answer = await sendRaw(ours.port, chunks)
    expect(statusOf(answer)).toBe('200')
    expect(answer).toContain(Buffer.alloc(count, 'x').toString('base64'))
    await until(() => pool.stats().inUse === 0, 'nothing is out')
  })

  it('find the server alive afterwards', async () => {
    const answer = await send(ours.port, { headers: { 'content-type': 'application/octet-stream' }, chunks: [Buffer.from('alive')] })
    expect(answer.status).toBe(200)
    expect(pool.stats().outstanding).toBe(0)
  })
})
