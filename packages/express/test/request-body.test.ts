import { gzipSync } from 'node:zlib'
import { isPoolError, type Lease, SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { holdBody, pooledBody } from '../src/index.js'
import { send, until } from './support/client.js'
import { composers, type SeenRequest, serve } from './support/hosts.js'

const type = 'application/octet-stream'
const codeOf = (request: SeenRequest): unknown => {
  try {
    holdBody(request)
  } catch (error) {
    return isPoolError(error) ? error.code : error
  }
  return undefined
}

describe.each(Object.keys(composers))('holdBody on %s', (kind) => {
  it.each([
    ['of known length', {}, Buffer.from('kept'), false],
    ['of unknown length', {}, Buffer.from('kept'), true],
    ['that was compressed', { 'content-encoding': 'gzip' }, gzipSync('kept'), false],
    ['of several segments', {}, Buffer.alloc(20_000, 'kept'), true]
  ])('keeps a body %s beyond the response', async (_what, headers, chunk, chunked) => {
    const pool = new SizeClassPool()
    let kept: Lease<Buffer> | undefined
    let seen: SeenRequest | undefined
    let length = 0
    const host = await serve(kind, [pooledBody({ pool })], (request, response) => {
      seen = request
      kept = holdBody(request)
      length = (request.body as Buffer).length
      response.end()
    })
    await send(host.port, { headers: { 'content-type': type, ...headers }, chunks: [chunk], chunked })
    await until(() => seen?.body === undefined, 'the response is over')
    expect(kept?.buffer).toHaveLength(length)
    expect(kept?.buffer.subarray(0, 4).toString()).toBe('kept')
    expect(pool.stats().inUse).toBe(1)
    kept?.release()
    expect(pool.stats().inUse).toBe(0)
    expect(codeOf(seen!)).toBe('ERR_POOL_LEASE_RELEASED')
    await host.close()
  })

  it('holds an empty body too', async () => {
    const host = await serve(kind, [pooledBody()], (request, response) => {
      const lease = holdBody(request)
      response.end(String(lease.buffer.length))
      lease.release()
    })
    expect((await send(host.port, { headers: { 'content-type': type }, chunks: [] })).text).toBe('0')
    await host.close()
  })

  it('refuses requests that have no pooled body', async () => {
    const codes: unknown[] = []
    const host = await serve(kind, [pooledBody({ as: 'json', type: 'json' }), pooledBody()], (request, response) => {
      codes.push(codeOf(request))
      response.end()
    })
    await send(host.port, { headers: { 'content-type': 'application/json' }, chunks: [Buffer.from('{}')] })
    await send(host.port, { headers: { 'content-type': 'text/html' }, chunks: [Buffer.from('x')] })
    await send(host.port, { method: 'GET' })
    expect(codes).toEqual(['ERR_POOL_NO_BODY', 'ERR_POOL_NO_BODY', 'ERR_POOL_NO_BODY'])
    await host.close()
  })
})
