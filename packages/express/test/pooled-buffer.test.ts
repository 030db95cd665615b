import { isPoolError, SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { pooledBody, pooledBuffer } from '../src/index.js'
import { open, send, until } from './support/client.js'
import { composers, type SeenRequest, serve } from './support/hosts.js'

const type = 'application/octet-stream'

describe.each(Object.keys(composers))('pooledBuffer on %s', (kind) => {
  it('gives as many bytes as the content-length, and minBytes at least, until the response is over', async () => {
    const pool = new SizeClassPool()
    let last: SeenRequest | undefined
    const host = await serve(kind, [pooledBuffer({ pool, minBytes: 100 })], (request, response) => {
      last = request
      response.end(String(request.pooledBuffer?.length))
    })
    expect((await send(host.port, { method: 'GET' })).text).toBe('100')
    expect((await send(host.port, { chunks: [Buffer.alloc(5000)] })).text).toBe('5000')
    expect((await send(host.port, { chunks: [Buffer.alloc(5000)], chunked: true })).text).toBe('100')
    await until(() => pool.stats().releases === 3, 'all are released')
    expect(last?.pooledBuffer).toBeUndefined()
    await host.close()
  })

  it('refuses with 413 above maxBytes, before it takes anything', async () => {
    const pool = new SizeClassPool()
    const host = await serve(kind, [pooledBuffer({ pool, maxBytes: 1000 })])
    const answer = await send(host.port, { chunks: [Buffer.alloc(1001)] })
    expect(JSON.parse(answer.text)).toMatchObject({ status: 413, type: 'entity.too.large', limit: 1000, length: 1001 })
    expect(pool.stats().acquisitions).toBe(0)
    await host.close()
  })

  it('stands beside pooledBody, each with memory of its own', async () => {
    const pool = new SizeClassPool()
    const host = await serve(kind, [pooledBuffer({ pool }), pooledBody({ pool })], (request, response) => {
      request.pooledBuffer?.fill('s')
      response.end(request.body as Buffer)
    })
    expect((await send(host.port, { headers: { 'content-type': type }, chunks: [Buffer.from('body')] })).text).toBe('body')
    await until(() => pool.stats().releases === 2, 'both are released')
    await host.close()
  })

  it('waits in the queue, then answers 503 with retry-after', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: 1024, maxClassBytes: 1024 })
    const taken = pool.lease(1024)
    const host = await serve(kind, [pooledBuffer({ pool, waitMs: 20, retryAfterSeconds: 3 })], (_request, response) =>
      response.end('served')
    )
    const refused = await send(host.port, { method: 'GET' })
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '3'])
    const patient = await serve(kind, [pooledBuffer({ pool, waitMs: 5000 })], (_request, response) => response.end('served'))
    const served = send(patient.port, { method: 'GET' })
    await until(() => pool.stats().waiting === 1, 'it waits')
    taken.release()
    expect((await served).text).toBe('served')
    await until(() => pool.stats().inUse === 0, 'it is released')
    await Promise.all([host.close(), patient.close()])
  })

  it('leaves the queue when the client goes away', async () => {
    const pool = new SizeClassPool({ maxLiveBytes: 1024, maxClassBytes: 1024 })
    const taken = pool.lease(1024)
    const errors: unknown[] = []
    const host = await serve(kind, [pooledBuffer({ pool, waitMs: 60_000 })], undefined, (error, _request, response) => {
      errors.push(error)
      response.end()
    })
    const socket = await open(host.port)
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => pool.stats().waiting === 1, 'it waits')
    socket.destroy()
    await until(() => pool.stats().waiting === 0, 'it left')
    await until(() => errors.length === 1, 'the error was told')
    expect(errors[0]).toMatchObject({ status: 400, type: 'request.aborted' })
    taken.release()
    expect(pool.stats().inUse).toBe(0)
    await host.close()
  })
})

describe('pooledBuffer(options)', () => {
  const pool = new SizeClassPool({ maxClassBytes: 1024, oversize: 'refuse' })
  it.each([
    ['no options', undefined],
    ['no pool', {}],
    ['an unknown option', { pool, size: 1 }],
    ['maxBytes above what the pool serves', { pool, maxBytes: 1025 }],
    ['minBytes above maxBytes', { pool, maxBytes: 10, minBytes: 11 }],
    ['a negative wait', { pool, waitMs: -1 }],
    ['a negative retry-after', { pool, retryAfterSeconds: -1 }]
  ])('refuses %s', (_what, options) => {
    expect(() => pooledBuffer(options as never)).toThrow(expect.toSatisfy((error) => isPoolError(error, 'ERR_POOL_INVALID_OPTION')))
  })
})
