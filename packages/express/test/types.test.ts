import { createServer } from 'node:http'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { SizeClassPool } from '@pool/core'
import type express5 from 'express'
import type express4 from 'express4'
import { describe, expectTypeOf, it } from 'vitest'
import { holdBody, type Middleware, pooledBody, pooledBuffer, poolRoutes } from '../src/index.js'

describe('the types', () => {
  it('fit Express 5 and 4, and node:http', () => {
    expectTypeOf<Middleware>().toExtend<express5.RequestHandler>()
    expectTypeOf<Middleware>().toExtend<express4.RequestHandler>()
    expectTypeOf(pooledBody).returns.toEqualTypeOf<Middleware>()
    const server = createServer((request, response) => pooledBody()(request, response, () => holdBody(request).release()))
    server.close()
  })

  it('add pooledBuffer to the requests of both, by merging with their namespace', () => {
    expectTypeOf<express5.Request['pooledBuffer']>().toEqualTypeOf<NonSharedBuffer | undefined>()
    expectTypeOf<express4.Request['pooledBuffer']>().toEqualTypeOf<NonSharedBuffer | undefined>()
  })

  it('take any source of buffers, and a directory of pools', () => {
    expectTypeOf(pooledBuffer).parameter(0).toHaveProperty('pool').toEqualTypeOf<BufferSource<NonSharedBuffer>>()
    poolRoutes({ pools: [new SizeClassPool()] })
  })
})
