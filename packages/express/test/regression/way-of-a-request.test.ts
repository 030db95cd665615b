import { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { type Lease, SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { holdBody, type Middleware, type PooledBodyOptions, pooledBody, pooledBuffer } from '../../src/index.js'
import { send, until } from '../support/client.js'
import { composers, type Handler, type SeenRequest, serve } from '../support/hosts.js'
import { expectNothingUncaught } from '../support/uncaught.js'

const type = 'application/octet-stream'
const upload = { headers: { 'content-type': type }, chunks: [Buffer.from('abc')] }

// Exceptions outside a try on the way of a request ended the process: each of these did.
expectNothingUncaught()

/** A middleware that runs before ours. */
const before =
  (change: (request: SeenRequest) => void): Middleware =>
  (request, _response, next) => {
    change(request)
    next()
  }
const getterOnly = before((request) => Object.defineProperty(request, 'body', { get: () => 1, configurable: false }))
const throwingGetter = before((request) => {
  let reads = 0
  const get = () => {
    if (reads++ > 0) throw new Error('read twice')
    return undefined
  }
  Object.defineProperty(request, 'body', { get, set: () => {}, configurable: false })
})

describe.each(Object.keys(composers))('on %s', (kind) => {
  async function answers(middleware: Middleware[], pool: SizeClassPool, handle: Handler = (_request, response) => response.end('ok')) {
    const host = await serve(kind, middleware, handle, (error, _request, response) => {
      response.statusCode = (error as { status?: number }).status ?? 500
      response.end(String((error as { type?: string }).type))
    })
    const answer = await send(host.port, upload)
    await until(() => pool.stats().inUse === 0, 'everything is released')
    await host.close()
    return [answer.status, answer.text]
  }

  it.each([
    ['that can only be read', getterOnly, [400, 'entity.parse.failed'], {}],
    ['that can only be read, in debug mode', getterOnly, [400, 'entity.parse.failed'], { debug: true }],
    ['whose getter throws', throwingGetter, [200, 'ok'], {}],
    ['whose getter throws, in debug mode', throwingGetter, [200, 'ok'], { debug: true }]
  ])('survives a property body %s', async (_what, first, expected, options) => {
    const pool = new SizeClassPool()
    // On Express 4, as its own parsers, ours sets the body before it reads.
    const isRefused = kind === 'Express 4' && first === getterOnly
    expect(await answers([first, pooledBody({ pool, ...options })], pool)).toEqual(isRefused ? [500, 'undefined'] : expected)
  })

  it.each([5, null, undefined, Symbol('no'), Object.freeze(new Error('no')), 'no', { type: 'mine' }])(
    'survives verify that throws %s',
    async (thrown) => {
      const pool = new SizeClassPool()
      const verify = () => {
        throw thrown
      }
      const type = (thrown as { type?: string } | undefined)?.type ?? 'entity.verify.failed'
      expect(await answers([pooledBody({ pool, verify })], pool)).toEqual([403, type])
    }
  )

  it('survives a handler that transfers the body away, and keeps its counts', async () => {
    const pool = new SizeClassPool()
    const steal: Handler = (request, response) => {
      try {
        const { buffer } = (request.pooledBuffer ?? request.body) as Buffer
        structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
      } catch {
        // Node 20 copies or refuses what can't be transferred.
      }
      response.end('ok')
    }
    expect(await answers([pooledBody({ pool })], pool, steal)).toEqual([200, 'ok'])
    expect(await answers([pooledBuffer({ pool })], pool, steal)).toEqual([200, 'ok'])
  })

  it('survives pooledBuffer on a request that takes no property, at once and after a wait', async () => {
    const frozen = before((request) => Object.defineProperty(request, 'pooledBuffer', { get: () => undefined }))
    const pool = new SizeClassPool({ sizes: [1024], maxSize: 1 })
    expect((await answers([frozen, pooledBuffer({ pool })], pool))[0]).toBe(500)
    const taken = pool.lease(1024)
    const later = answers([frozen, pooledBuffer({ pool })], pool)
    await until(() => pool.stats().waiting === 1, 'it waits')
    taken.release()
    expect((await later)[0]).toBe(500)
  })

  it('answers 500 when setEncoding() is called while the body is read', async () => {
    const pool = new SizeClassPool()
    const late: Middleware = (request, response, next) => {
      pooledBody({ pool })(request, response, next)
      request.setEncoding('utf8')
    }
    expect(await answers([late], pool)).toEqual([500, 'stream.encoding.set'])
  })

  it('answers with the error of a pool that leases what it should not', async () => {
    const pool = new SizeClassPool()
    const lease = {
      get buffer(): Buffer {
        throw new Error('no')
      },
      release() {}
    }
    const broken = { name: 'broken', maxBytes: 2 ** 20, lease: () => lease, leaseAsync: async () => lease } as unknown as SizeClassPool
    expect((await answers([pooledBody({ pool: broken })], pool))[0]).toBe(400)
  })

  it('holds a body whose request lost its listeners', async () => {
    const pool = new SizeClassPool()
    let lease: Lease<Buffer> | undefined
    const hold: Handler = (request, response) => {
      request.removeAllListeners('end')
      request.body = undefined
      lease = holdBody(request)
      response.end('ok')
      response.on('close', () => setImmediate(() => lease?.release()))
    }
    expect(await answers([pooledBody({ pool })], pool, hold)).toEqual([200, 'ok'])
    expect(lease?.released).toBe(true)
  })
})

/** A response as adapters for functions as a service make it: without a server, so that it finishes and never closes. */
function responseWithoutServer(): ServerResponse {
  const response = new ServerResponse({ method: 'POST' } as never)
  const socket = Object.assign(new EventEmitter(), {
    ...{ _writableState: {}, writable: true, writableLength: 0, cork() {}, uncork() {} },
    write: (_data: unknown, encoding: unknown, callback?: () => void) => {
      ;(typeof encoding === 'function' ? (encoding as () => void) : callback)?.()
      return true
    }
  })
  response.assignSocket(socket as never)
  return response
}

/** A request as such adapters make it: any readable stream with headers. */
const requestWithoutServer = (stream: Readable, socket: unknown = {}) =>
  Object.assign(stream, { method: 'POST', headers: { 'content-type': type, 'transfer-encoding': 'chunked' }, socket }) as never

describe('without a server', () => {
  const run = (options: PooledBodyOptions, request: never, response: ServerResponse) =>
    new Promise<unknown>((resolve) => pooledBody(options)(request, response, (error) => resolve(error ?? 'read')))

  it.each([undefined, null, {}, new EventEmitter()])(
    'gives memory back once the response has finished, with a socket %s',
    async (socket) => {
      const pool = new SizeClassPool()
      const response = responseWithoutServer()
      const request = requestWithoutServer(Readable.from([Buffer.from('abc')]), socket)
      expect(await run({ pool }, request, response)).toBe('read')
      expect((request as SeenRequest).body).toEqual(Buffer.from('abc'))
      const seen: unknown[] = []
      response.on('finish', () => seen.push((request as SeenRequest).body))
      response.end('ok')
      await until(() => pool.stats().inUse === 0, 'it is released')
      // A listener of finish still sees the body.
      expect(seen).toEqual([expect.any(Buffer)])
      const scratch = responseWithoutServer()
      pooledBuffer({ pool })({ headers: {}, socket } as never, scratch, () => scratch.end('ok'))
      await until(() => pool.stats().inUse === 0, 'it is released, too')
    }
  )

  it('hands on the error of a request, which has no other listener', async () => {
    const pool = new SizeClassPool()
    const stream = new Readable({ read() {} })
    const outcome = run({ pool }, requestWithoutServer(stream), responseWithoutServer())
    stream.push('abc')
    setImmediate(() => stream.destroy(new Error('the adapter failed')))
    expect(await outcome).toMatchObject({ status: 400, message: 'the adapter failed' })
    expect(pool.stats().inUse).toBe(0)
  })

  it('takes nothing when the response has finished already', async () => {
    const pool = new SizeClassPool()
    const response = responseWithoutServer()
    response.end('ok')
    await until(() => response.writableFinished, 'it has finished')
    expect(await run({ pool }, requestWithoutServer(Readable.from([Buffer.from('abc')])), response)).toMatchObject({
      type: 'request.aborted'
    })
    expect(pool.stats().acquisitions).toBe(0)
  })
})
