import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { pooledBody } from '../src/index.js'
import { open, until } from './support/client.js'
import { composers, serve } from './support/hosts.js'
import { sequence } from './support/sequence.js'

/** Ten thousand in `pnpm test:deep`. */
const requests = process.env.POOL_DEEP === '1' ? 10_000 : 3000
const connections = 64

describe(`${requests} requests, of which a third abort`, () => {
  // One run after the other on each kind: a third of the requests for each.
  it.each(Object.keys(composers))('leave nothing out, and show nobody the bytes of another: %s', { timeout: 120_000 }, async (kind) => {
    // Memory is not cleared, so that a byte of another request would show.
    const pool = new SizeClassPool({ maxLiveBytes: 32 * 1024 * 1024, clear: 'never', memoryPressure: false })
    let foreign = 0
    const isOwn = (body: Buffer, mark: number) => body.every((byte) => byte === mark)
    const host = await serve(
      kind,
      [pooledBody({ pool, limit: 200_000, waitMs: 60_000 })],
      async (request, response) => {
        const body = request.body as Buffer
        const mark = Number(request.headers['x-mark'])
        if (!isOwn(body, mark)) foreign++
        if (mark % 3 === 0) await sleep(mark % 7)
        // The body of a closed request was taken back, and reads as undefined.
        if (request.body !== undefined && !isOwn(body, mark)) foreign++
        response.end(`${body.length} whole`)
      },
      (_error, _request, response) => response.end('refused')
    )
    const random = sequence(7)
    let aborted = 0
    let answered = 0
    const one = async (index: number): Promise<void> => {
      const mark = index % 251
      const isGzip = random(4) === 0
      const isChunked = random(3) === 0
      const body = Buffer.alloc(1 + random(random(8) === 0 ? 150_000 : 5000), mark)
      const sent = isGzip ? gzipSync(body) : body
      const framing = isChunked ? 'transfer-encoding: chunked' : `content-length: ${sent.length}`
      const encoding = isGzip ? 'content-encoding: gzip\r\n' : ''
      const head = `POST / HTTP/1.1\r\nhost: x\r\nx-mark: ${mark}\r\ncontent-type: application/octet-stream\r\n${encoding}${framing}\r\nconnection: close\r\n\r\n`
      const framed = isChunked ? Buffer.concat([Buffer.from(`${sent.length.toString(16)}\r\n`), sent, Buffer.from('\r\n0\r\n\r\n')]) : sent
      const whole = Buffer.concat([Buffer.from(head), framed])
      const socket = await open(host.port)
      if (random(3) > 0) {
        let text = ''
        socket.on('data', (part) => {
          text += part
        })
        // In two writes, cut anywhere.
        const cut = random(whole.length)
        socket.write(whole.subarray(0, cut))
        if (random(2) === 0) await sleep(1)
        socket.write(whole.subarray(cut))
        await new Promise((resolve) => socket.on('close', resolve))
        expect(text).toContain(`${body.length} whole`)
        answered++
        return
      }
      aborted++
      const where = random(4)
      if (where === 0) socket.write(head.slice(0, random(head.length)))
      else if (where < 3) socket.write(whole.subarray(0, head.length + random(framed.length)))
      else socket.write(whole)
      await sleep(random(4))
      socket.destroy()
    }
    const perKind = Math.ceil(requests / Object.keys(composers).length)
    let next = 0
    const worker = async () => {
      while (next < perKind) await one(next++)
    }
    await Promise.all(Array.from({ length: connections }, worker))
    expect(aborted).toBeGreaterThan(perKind / 4)
    expect(answered + aborted).toBe(perKind)
    await until(() => pool.stats().inUse === 0, 'nothing is out')
    expect(pool.stats()).toMatchObject({ outstanding: 0, waiting: 0, leaked: 0, refusedReleases: 0 })
    expect(foreign).toBe(0)
    await host.close()
  })
})
