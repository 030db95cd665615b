import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { isPoolError, PoolError, SizeClassPool } from '@pool/core'
import express5 from 'express'
import express4 from 'express4'
import { describe, expect, it, vi } from 'vitest'
import { type Middleware, pooledBody } from '../src/index.js'
import { open, send, sendRaw, type Upload, until } from './support/client.js'
import { composers, type Handler, type SeenRequest, serve } from './support/hosts.js'

const type = 'application/octet-stream'
const upload = (...chunks: (string | Buffer)[]): Upload => ({
  headers: { 'content-type': type },
  chunks: chunks.map((chunk) => Buffer.from(chunk as string))
})
const head = (length: number, more = '') =>
  `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n${more}\r\n`

describe.each(Object.keys(composers))('pooledBody on %s', (kind) => {
  async function withServer(
    handle: Handler,
    run: (port: number, pool: SizeClassPool, seen: { errors: unknown[] }) => Promise<void>,
    options = {},
    before: Middleware[] = []
  ) {
    const pool = new SizeClassPool({ maxLiveBytes: 4 * 1024 * 1024 })
    const seen = { errors: [] as unknown[] }
    const host = await serve(kind, [...before, pooledBody({ pool, limit: '1mb', ...options })], handle, (error, _request, response) => {
      seen.errors.push(error)
      response.statusCode = (error as { status?: number }).status ?? 500
      response.end()
    })
    try {
      await run(host.port, pool, seen)
      await until(() => pool.stats().inUse === 0, 'everything is released')
    } finally {
      await host.close()
    }
    expect(pool.stats().outstanding).toBe(0)
  }

  it('gives a Buffer of exactly the body, out of the pool, until the response is over', async () => {
    let seen: SeenRequest | undefined
    await withServer(
      (request, response) => {
        seen = request
        response.end(request.body as Buffer)
      },
      async (port, pool) => {
        const { text } = await send(port, upload('hello ', 'pool'))
        expect(text).toBe('hello pool')
        await until(() => pool.stats().releases === 1, 'the body is released')
        expect(pool.stats().acquisitions).toBe(1)
        expect(seen?.body).toBeUndefined()
      }
    )
  })

  it('keeps the body while the handler works, however long after next() that is', async () => {
    let handling = 0
    await withServer(
      async (request, response) => {
        handling++
        await until(() => handling === 3, 'all three are being handled')
        response.end(request.body as Buffer)
      },
      async (port, pool) => {
        const answers = await Promise.all(['one', 'two', 'three'].map((word) => send(port, upload(word))))
        expect(answers.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
        expect(pool.stats().peakInUse).toBe(3)
      }
    )
  })

  it('echoes large bodies whole, though the client reads slowly', async () => {
    const body = Buffer.alloc(900_000, 'echo')
    await withServer(
      (request, response) => response.end(request.body as Buffer),
      async (port) => {
        const socket = await open(port)
        socket.write(head(body.length, 'connection: close\r\n'))
        socket.write(body)
        await sleep(30)
        const parts: Buffer[] = []
        for await (const part of socket) parts.push(part)
        const answer = Buffer.concat(parts)
        expect(answer.subarray(-body.length).equals(body)).toBe(true)
      }
    )
  })

  it('releases when the client goes away in the middle of the body, and tells 400 request.aborted', async () => {
    await withServer(
      (_request, response) => response.end(),
      async (port, pool, { errors }) => {
        const socket = await open(port)
        socket.write(head(60_000) + 'x'.repeat(50_000))
        await until(() => pool.stats().inUse === 1, 'the body is being read')
        socket.destroy()
        await until(() => errors.length === 1, 'the error was told')
        expect(errors[0]).toMatchObject({ status: 400, type: 'request.aborted', code: 'ECONNABORTED', expected: 60_000, received: 50_000 })
      }
    )
  })

  it('releases when the client goes away in the middle of a gzip upload, and tells 400 request.aborted', async () => {
    await withServer(
      (_request, response) => response.end(),
      async (port, pool, { errors }) => {
        const random = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * index * 31) >> 3))
        const body = gzipSync(random)
        const socket = await open(port)
        socket.write(head(body.length, 'content-encoding: gzip\r\n'))
        socket.write(body.subarray(0, body.length - 10))
        await until(() => pool.stats().inUse > 0, 'the body is being read')
        socket.destroy()
        await until(() => errors.length === 1, 'the error was told')
        expect(errors[0]).toMatchObject({ status: 400, type: 'request.aborted' })
      },
      // Into segments, so that a lease shows that it is being read.
      { collectBytes: 0 }
    )
  })

  it('releases when the client goes away while the handler works', async () => {
    const left = vi.fn()
    await withServer(
      (_request, response) => response.on('close', left),
      async (port, pool) => {
        const socket = await open(port)
        socket.write(`${head(5)}hello`)
        await until(() => pool.stats().inUse === 1, 'the handler has the body')
        socket.destroy()
        await until(() => left.mock.calls.length === 1, 'the response is closed')
      }
    )
  })

  it('releases the bodies of pipelined requests whose turn never comes', async () => {
    const requests: SeenRequest[] = []
    await withServer(
      (request) => requests.push(request),
      async (port, pool) => {
        const socket = await open(port)
        socket.write(`${head(5)}hello`.repeat(20))
        await until(() => requests.length === 20, 'all requests are read')
        expect(pool.stats().inUse).toBe(20)
        socket.destroy()
      }
    )
  })

  it('answers pipelined requests in order, each with its own body', async () => {
    await withServer(
      async (request, response) => {
        const word = String(request.body)
        await sleep(word === 'first' ? 30 : 1)
        response.end(request.body as Buffer)
      },
      async (port) => {
        const answer = await sendRaw(port, `${head(5)}first${head(6)}second${head(5, 'connection: close\r\n')}third`)
        expect(answer.match(/first|second|third/g)).toEqual(['first', 'second', 'third'])
      }
    )
  })

  it('releases when the handler throws, and when it destroys the response', async () => {
    await withServer(
      (request, response) => {
        if (String(request.body) === 'throw') throw new Error('of the handler')
        response.destroy()
      },
      async (port, _pool, { errors }) => {
        expect((await send(port, upload('throw'))).status).toBe(500)
        expect(errors).toHaveLength(1)
        await expect(send(port, upload('destroy'))).rejects.toThrow()
      }
    )
  })

  it('takes nothing when the response ended before the body is read', async () => {
    let isRead = false
    const early: Middleware = (_request, response, next) => {
      response.end('early').on('close', () => {
        next()
        isRead = true
      })
    }
    const handled = vi.fn()
    const run = async (port: number, pool: SizeClassPool, { errors }: { errors: unknown[] }) => {
      const socket = await open(port)
      socket.write(head(10_000))
      await until(() => isRead, 'pooledBody has it')
      socket.write('x'.repeat(10_000))
      await until(() => errors.length === 1, 'the error was told')
      expect(errors[0]).toMatchObject({ status: 400, type: 'request.aborted' })
      expect(handled).not.toHaveBeenCalled()
      expect(pool.stats().acquisitions).toBe(0)
      socket.destroy()
    }
    await withServer(handled, run, {}, [early])
  })

  it('gives the memory back when the response ends while the body is read', async () => {
    let end: (() => void) | undefined
    const early: Middleware = (_request, response, next) => {
      end = () => response.end('early')
      next()
    }
    const handled = vi.fn()
    const run = async (port: number, pool: SizeClassPool, { errors }: { errors: unknown[] }) => {
      const socket = await open(port)
      socket.write(head(10_000) + 'x'.repeat(5000))
      await until(() => pool.stats().inUse === 1, 'the body is being read')
      end?.()
      await until(() => pool.stats().inUse === 0, 'the memory is back')
      socket.write('x'.repeat(5000))
      await until(() => errors.length === 1, 'the error was told')
      expect(errors[0]).toMatchObject({ status: 400, type: 'request.aborted' })
      expect(handled).not.toHaveBeenCalled()
      socket.destroy()
    }
    await withServer(handled, run, {}, [early])
  })

  it('waits for memory in the queue, with the upload paused, and then goes on', async () => {
    const small = new SizeClassPool({ maxLiveBytes: 65_536, maxClassBytes: 65_536 })
    const taken = small.lease(65_536)
    const body = Buffer.alloc(60_000, 'w')
    await withServer(
      (request, response) => response.end(request.body as Buffer),
      async (port) => {
        const answer = send(port, upload(body))
        await until(() => small.stats().waiting === 1, 'the body waits')
        taken.release()
        expect((await answer).text).toBe(String(body))
        await until(() => small.stats().inUse === 0, 'it is released')
      },
      { pool: small, limit: 65_536, waitMs: 5000 }
    )
  })

  it.each([0, 20])('answers 503 with retry-after when nothing is free within %s ms', async (waitMs) => {
    const small = new SizeClassPool({ maxLiveBytes: 65_536, maxClassBytes: 65_536 })
    const taken = small.lease(65_536)
    const host = await serve(kind, [pooledBody({ pool: small, limit: 65_536, waitMs, retryAfterSeconds: 7 })])
    const answer = await send(host.port, upload(Buffer.alloc(60_000)))
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('7')
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'pool.exhausted',
      expose: false,
      code: waitMs === 0 ? 'ERR_POOL_EXHAUSTED' : 'ERR_POOL_ACQUIRE_TIMEOUT'
    })
    taken.release()
    expect((await send(host.port, upload(Buffer.alloc(60_000)))).status).toBe(200)
    await until(() => small.stats().inUse === 0, 'it is released')
    await host.close()
  })

  it.each([0, 20])('answers 503 before the body has come, when nothing is free within %s ms', async (waitMs) => {
    const small = new SizeClassPool({ maxLiveBytes: 65_536, maxClassBytes: 65_536 })
    const taken = small.lease(65_536)
    const host = await serve(kind, [pooledBody({ pool: small, limit: 65_536, waitMs })])
    const socket = await open(host.port)
    socket.write(`${head(60_000)}half`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 /)
    socket.destroy()
    taken.release()
    await host.close()
  })

  it('leaves the queue when the client goes away, or the response ends, while it waits', async () => {
    const small = new SizeClassPool({ maxLiveBytes: 65_536, maxClassBytes: 65_536 })
    const taken = small.lease(65_536)
    let ended: (() => void) | undefined
    const host = await serve(
      kind,
      [
        (_request, response, next) => {
          ended = () => response.end('gave up')
          next()
        },
        pooledBody({ pool: small, limit: 65_536, waitMs: 60_000 })
      ],
      undefined,
      () => {}
    )
    const answer = send(host.port, upload('x'.repeat(1000)))
    await until(() => small.stats().waiting === 1, 'the body waits')
    ended?.()
    expect((await answer).text).toBe('gave up')
    await until(() => small.stats().waiting === 0, 'the queue is empty')
    taken.release()
    expect(small.stats().inUse).toBe(0)
    await host.close()
  })

  it('checks the limit before it takes anything', async () => {
    await withServer(
      () => {},
      async (port, pool) => {
        expect((await send(port, upload(Buffer.alloc(1024 * 1024 + 1)))).status).toBe(413)
        expect(pool.stats().acquisitions).toBe(0)
      }
    )
  })

  it('takes nothing for a request of unknown length that sent a head and no body yet', async () => {
    const left: Middleware = (_request, response, next) => {
      response.on('close', () => closed++)
      next()
    }
    let closed = 0
    const run = async (port: number, pool: SizeClassPool) => {
      const socket = await open(port)
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`)
      socket.end()
      await until(() => closed === 1, 'the client has gone')
      expect(pool.stats().acquisitions).toBe(0)
    }
    await withServer(() => {}, run, {}, [left])
  })

  it('reads no more of an upload that waits than what came with its head', async () => {
    const small = new SizeClassPool({ maxLiveBytes: 1024 * 1024 })
    const taken = small.lease(1024 * 1024)
    let request: SeenRequest | undefined
    const look: Middleware = (seen, _response, next) => {
      request = seen
      next()
    }
    const run = async (port: number) => {
      const answer = send(port, upload(Buffer.alloc(1024 * 1024)))
      await until(() => small.stats().waiting === 1, 'it waits')
      await sleep(50)
      expect(request?.readableFlowing).toBe(null)
      expect(request?.readableLength).toBeLessThanOrEqual(128 * 1024)
      taken.release()
      expect((await answer).text).toBe(String(1024 * 1024))
    }
    await withServer(
      (seen, response) => response.end(String((seen.body as Buffer).length)),
      run,
      { pool: small, waitMs: 60_000, collectBytes: 0 },
      [look]
    )
  })

  it('keeps AsyncLocalStorage through every way in which a body can end', async () => {
    const storage = new AsyncLocalStorage<number>()
    let count = 0
    const stores: unknown[] = []
    const enter: Middleware = (_request, _response, next) => storage.run(++count, next)
    const host = await serve(
      kind,
      [enter, pooledBody({ limit: 100_000, verify: () => stores.push(storage.getStore()) })],
      (_request, response) => {
        stores.push(storage.getStore())
        response.end()
      },
      (_error, _request, response) => {
        stores.push(storage.getStore())
        response.end()
      }
    )
    await send(host.port, upload(Buffer.alloc(90_000)))
    await send(host.port, { ...upload(Buffer.alloc(30_000), Buffer.alloc(60_000)), chunked: true })
    await send(host.port, { headers: { 'content-type': type, 'content-encoding': 'gzip' }, chunks: [gzipSync(Buffer.alloc(9000))] })
    await send(host.port, upload(Buffer.alloc(100_001)))
    expect(stores).toEqual([1, 1, 2, 2, 3, 3, 4])
    await host.close()
  })

  it('tells a late reader of request.body in debug mode', async () => {
    let late: SeenRequest | undefined
    await withServer(
      (request, response) => {
        late = request
        response.end(request.body as Buffer)
      },
      async (port, pool) => {
        await send(port, upload('secret'))
        await until(() => pool.stats().releases === 1, 'the body is released')
        let told: unknown
        try {
          void late?.body
        } catch (error) {
          told = error
        }
        expect(isPoolError(told, 'ERR_POOL_LEASE_RELEASED')).toBe(true)
        late!.body = 'something else'
        expect(late?.body).toBe('something else')
      },
      { debug: true }
    )
  })

  it('leaves alone what a handler put in place of the body', async () => {
    let late: SeenRequest | undefined
    await withServer(
      (request, response) => {
        late = request
        request.body = { mine: true }
        response.end()
      },
      async (port, pool) => {
        await send(port, upload('x'))
        await until(() => pool.stats().releases === 1, 'the body is released')
        expect(late?.body).toEqual({ mine: true })
      }
    )
  })

  it('gives the memory of JSON and text back before the handler runs', async () => {
    for (const as of ['json', 'text'] as const) {
      const pool = new SizeClassPool()
      const host = await serve(kind, [pooledBody({ pool, as, type: () => true })], (request, response) =>
        response.end(`${JSON.stringify(request.body)} ${pool.stats().inUse}`)
      )
      expect((await send(host.port, upload('[1]'))).text).toBe(as === 'json' ? '[1] 0' : '"[1]" 0')
      await host.close()
    }
  })

  it('hides the body of an error from what enumerates, not from who asks', async () => {
    await withServer(
      () => {},
      async (port, _pool, { errors }) => {
        expect((await send(port, upload('secret'))).status).toBe(403)
        expect(Object.keys(errors[0] as object)).not.toContain('body')
        expect(Buffer.isBuffer((errors[0] as { body: Buffer }).body)).toBe(true)
      },
      {
        verify: () => {
          throw new Error('no')
        }
      }
    )
  })

  it('lets other parsers before and after it do their work', async () => {
    const express = kind === 'Express 4' ? express4 : express5
    const host = await serve(kind, [
      express.json() as Middleware,
      pooledBody({ type: '*/*' }),
      express.text({ type: '*/*' }) as Middleware,
      pooledBody({ type: '*/*' })
    ])
    const json = await send(host.port, { headers: { 'content-type': 'application/json' }, chunks: [Buffer.from('{"a":1}')] })
    expect(JSON.parse(json.text).requestBody).toEqual({ value: { a: 1 } })
    const raw = await send(host.port, upload('x'))
    expect(JSON.parse(raw.text).requestBody).toEqual({ base64: 'eA==' })
    await host.close()
  })

  it('tells 500 when an encoding was set, or the body was taken', async () => {
    const decoding: Middleware = (request, _response, next) => {
      request.setEncoding('utf8')
      next()
    }
    await withServer(
      () => {},
      async (port, _pool, { errors }) => {
        expect((await send(port, upload('x'))).status).toBe(500)
        expect(errors[0]).toMatchObject({ type: 'stream.encoding.set' })
      },
      {},
      [decoding]
    )
  })
})

describe('pooledBody(options)', () => {
  it.each([
    ['no object', 7],
    ['a pool in the place of options', new SizeClassPool()],
    ['pools in the place of options', [new SizeClassPool()]],
    ['a pool that is none', { pool: {} }],
    ['a kind that is none', { as: 'xml' }],
    ['a limit in unknown words', { limit: 'much' }],
    ['a limit that is no number', { limit: Number.NaN }],
    ['verify that is no function', { verify: true }],
    ['a charset that is no text', { as: 'text', defaultCharset: 5 }],
    ['a negative wait', { waitMs: -1 }],
    ['a wait without end', { waitMs: Number.POSITIVE_INFINITY }],
    ['half a second', { retryAfterSeconds: 0.5 }],
    ['less than nothing to collect', { collectBytes: -1 }],
    ['debug that is no boolean', { debug: 'poison' }],
    ['a limit above what the pool serves', { limit: '2kb', pool: new SizeClassPool({ maxClassBytes: 1024, oversize: 'refuse' }) }]
  ])('refuses %s', (_what, options) => {
    let problem: unknown
    try {
      pooledBody(options as never)
    } catch (error) {
      problem = error
    }
    expect(isPoolError(problem, 'ERR_POOL_INVALID_OPTION')).toBe(true)
  })

  it('throws a TypeError where body-parser throws one, which isPoolError and the code tell as well', () => {
    for (const options of [{ limit: 'much' }, { limit: {} }, { limit: '' }, { verify: 'yes' }]) {
      expect(() => express5.raw(options as never)).toThrow(TypeError)
      expect(() => pooledBody(options as never)).toThrow(TypeError)
    }
  })

  it('ignores an option that it does not know, with a warning that names it', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    pooledBody({ limit: 1, extended: true } as never)
    expect(warned.mock.calls).toEqual([[expect.stringContaining("'extended'"), { code: 'POOL_UNKNOWN_OPTION' }]])
  })

  it('takes what the pool serves for a limit without end', async () => {
    const pool = new SizeClassPool({ maxClassBytes: 1024, oversize: 'refuse' })
    const host = await serve('node:http', [pooledBody({ limit: Number.POSITIVE_INFINITY, pool })])
    expect((await send(host.port, upload(Buffer.alloc(1024)))).status).toBe(200)
    expect((await send(host.port, upload(Buffer.alloc(1025)))).status).toBe(413)
    await host.close()
  })

  it('hands any other error of a pool on as it is', async () => {
    const broken = new PoolError('ERR_POOL_TOO_LARGE', 'as a pool of one own may say')
    const pool = new SizeClassPool()
    vi.spyOn(pool, 'lease').mockImplementation(() => {
      throw broken
    })
    const errors: unknown[] = []
    const host = await serve(
      'node:http',
      [pooledBody({ pool })],
      () => {},
      (error, _request, response) => {
        errors.push(error)
        response.end()
      }
    )
    await send(host.port, upload('x'))
    expect(errors).toEqual([broken])
    await host.close()
  })

  it('has a pool of its own where none is given', async () => {
    const host = await serve('node:http', [pooledBody({ limit: '3mb' })])
    expect((await send(host.port, upload(Buffer.alloc(3 * 1024 * 1024)))).status).toBe(200)
    await host.close()
  })
})
