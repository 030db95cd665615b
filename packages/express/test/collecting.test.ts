import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { type PooledBodyOptions, pooledBody } from '../src/index.js'
import { open, send, type Upload, until } from './support/client.js'
import { type Handler, type SeenRequest, serve } from './support/hosts.js'

const KiB = 1024
const type = 'application/octet-stream'
const upload = (body: Buffer): Upload => ({ headers: { 'content-type': type }, chunks: [body] })
const head = (length: number) => `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`
const length: Handler = (request, response) => response.end(String((request.body as Buffer).length))

async function withServer(
  options: PooledBodyOptions & { readonly pool: SizeClassPool },
  run: (port: number, errors: unknown[], seen: SeenRequest[]) => Promise<void>,
  handle: Handler = length
) {
  const errors: unknown[] = []
  const seen: SeenRequest[] = []
  const look = (request: SeenRequest, _response: unknown, next: () => void) => {
    seen.push(request)
    next()
  }
  const host = await serve('node:http', [look, pooledBody({ limit: '1mb', ...options })], handle, (error, _request, response) => {
    errors.push(error)
    response.statusCode = (error as { status?: number }).status ?? 500
    response.end()
  })
  try {
    await run(host.port, errors, seen)
    await until(() => options.pool.stats().inUse === 0, 'everything is released')
  } finally {
    await host.close()
  }
}

describe('pooledBody that collects', () => {
  it('leases nothing until the body is there, and gives its room back when the client goes away', async () => {
    const pool = new SizeClassPool()
    await withServer({ pool, collectBytes: 100_000 }, async (port, errors, seen) => {
      for (let turn = 1; turn <= 2; turn++) {
        const socket = await open(port)
        socket.write(head(100_000) + 'x'.repeat(90_000))
        await until(() => seen.length === turn && seen[turn - 1]!.socket.bytesRead > 90_000, 'all that was sent is read')
        expect(pool.stats().acquisitions).toBe(0)
        socket.destroy()
        await until(() => errors.length === turn, 'the error was told')
        expect(errors[turn - 1]).toMatchObject({ status: 400, type: 'request.aborted', expected: 100_000, received: 90_000 })
      }
    })
  })

  it('leases once, at the end, for a body of unknown length', async () => {
    const pool = new SizeClassPool()
    await withServer({ pool }, async (port) => {
      const body = gzipSync(Buffer.alloc(256 * KiB))
      const headers = { 'content-type': type, 'content-encoding': 'gzip' }
      expect((await send(port, { headers, chunks: [body] })).text).toBe(String(256 * KiB))
      expect((await send(port, { ...upload(Buffer.alloc(100_000)), chunked: true })).text).toBe('100000')
      expect(pool.stats().acquisitions).toBe(2)
    })
  })

  it('leases first where the room is taken, and gives both bodies whole', async () => {
    const pool = new SizeClassPool()
    const echo: Handler = (request, response) => response.end(request.body as Buffer)
    await withServer(
      { pool, collectBytes: 100_000 },
      async (port, _errors, seen) => {
        const socket = await open(port)
        socket.write(head(100_000))
        await until(() => seen.length === 1, 'the first is being read')
        const second = await open(port)
        second.write(head(100_000))
        await until(() => pool.stats().inUse === 1, 'the second has its lease')
        second.destroy()
        let answer = ''
        socket.setEncoding('latin1').on('data', (part) => {
          answer += part
        })
        const body = Buffer.from(Array.from({ length: 100_000 }, (_, at) => 97 + (at % 23)))
        socket.write(body)
        await until(() => answer.endsWith(body.toString('latin1')), 'the first is echoed')
        socket.destroy()
        const others = Array.from({ length: 9 }, (_, at) => Buffer.alloc(70_000 + at, `${at}.`))
        const answers = await Promise.all(others.map((one) => send(port, upload(one))))
        expect(answers.map(({ text }) => text)).toEqual(others.map(String))
      },
      echo
    )
  })

  it('keeps no more than 32 chunks, so that a client who sends in crumbs is copied in as it comes', async () => {
    const pool = new SizeClassPool()
    await withServer({ pool }, async (port) => {
      const socket = await open(port)
      socket.setNoDelay(true)
      socket.write(head(100_000))
      for (let sent = 0; pool.stats().inUse === 0; sent++) {
        expect(sent).toBeLessThan(5000)
        socket.write('x')
        await sleep(1)
      }
      socket.destroy()
    })
  })

  it.each([
    ['in one piece', 1],
    ['in 90 000 crumbs', 90_000]
  ])('gives exactly what came %s', async (_how, pieces) => {
    const pool = new SizeClassPool()
    const body = Buffer.from(Array.from({ length: 90_000 }, (_, at) => 97 + (at % 23)))
    const echo: Handler = (request, response) => response.end(request.body as Buffer)
    await withServer(
      { pool },
      async (port) => {
        const size = body.length / pieces
        const chunks = Array.from({ length: pieces }, (_, at) => body.subarray(at * size, (at + 1) * size))
        expect((await send(port, { headers: { 'content-type': type, 'content-length': '90000' }, chunks })).text).toBe(String(body))
      },
      echo
    )
  })

  it('waits at the end when nothing is free then, and tells 503 when nothing comes free', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: 1024 * KiB })
    const taken = pool.lease(1024 * KiB)
    await withServer({ pool, waitMs: 60_000 }, async (port) => {
      const answer = send(port, upload(Buffer.alloc(100_000)))
      await until(() => pool.stats().waiting === 1, 'it waits')
      taken.release()
      expect((await answer).text).toBe('100000')
    })
    const again = pool.lease(1024 * KiB)
    await withServer({ pool, waitMs: 20, collectBytes: 100_000 }, async (port) => {
      for (let turn = 0; turn < 3; turn++) expect((await send(port, upload(Buffer.alloc(100_000)))).status).toBe(503)
      again.release()
    })
  })

  it('reads nothing while another body waits for memory', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: 1024 * KiB })
    const taken = pool.lease(1024 * KiB)
    await withServer({ pool, waitMs: 60_000 }, async (port, _errors, seen) => {
      const first = send(port, upload(Buffer.alloc(1024 * KiB)))
      await until(() => pool.stats().waiting === 1, 'the first waits')
      const second = send(port, upload(Buffer.alloc(1024 * KiB)))
      await until(() => pool.stats().waiting === 2, 'the second waits')
      expect(seen[0]!.readableFlowing).toBe(false)
      expect(seen[1]!.readableFlowing).toBe(null)
      taken.release()
      expect((await first).text).toBe(String(1024 * KiB))
      expect((await second).text).toBe(String(1024 * KiB))
    })
  })
})
