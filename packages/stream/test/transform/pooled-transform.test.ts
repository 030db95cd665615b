import stream, { type Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { buffer as collect } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { BufferPool, type Lease, SizeClassPool } from '@pool/core'
import { PooledTransform, pooledTransform, writeLeased } from '@pool/stream'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../support/until.js'

// Experimental still, and so left out of the types.
const { compose } = stream as unknown as { compose(...streams: Duplex[]): Duplex }
let pool = new SizeClassPool()

afterEach(() => {
  expect(pool.stats().inUse).toBe(0)
  pool = new SizeClassPool()
})

function invert(chunk: Uint8Array, scratch: Uint8Array): number {
  for (let index = 0; index < chunk.length; index++) scratch[index] = ~(chunk[index] as number)
  return chunk.length
}

const inverted = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => ~byte))

async function through(transform: PooledTransform, chunks: readonly Uint8Array[]): Promise<Buffer> {
  return collect(Readable.from(chunks, { objectMode: false }).pipe(transform))
}

describe('PooledTransform', () => {
  it('transforms any chunking, by functions that return at once or later', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 })), fc.boolean(), async (chunks, later) => {
        const transform = pooledTransform({
          pool,
          transform: later ? async (chunk, scratch) => invert(chunk, scratch) : invert
        })
        expect((await through(transform, chunks)).equals(inverted(Buffer.concat(chunks)))).toBe(true)
      }),
      { numRuns: 50 }
    )
  })

  it('copies output into memory of the consumer, so that scratch may be reused', async () => {
    const one = new BufferPool({ bufferSize: 16, initialSize: 1, maxSize: 1, clear: 'release' })
    const transform = pooledTransform({ pool: one, transform: invert })
    const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(16, index))
    expect((await through(transform, chunks)).equals(inverted(Buffer.concat(chunks)))).toBe(true)
    expect(one.stats()).toMatchObject({ inUse: 0, total: 1 })
  })

  it('takes a view of the scratch for output, and nothing for nothing', async () => {
    const transform = pooledTransform({
      pool,
      transform: (chunk, scratch) => {
        if (chunk.length === 1) return undefined
        if (chunk.length === 2) return scratch.subarray(1, 1)
        chunk.copy(scratch)
        return scratch.subarray(1, 3)
      }
    })
    expect((await through(transform, [Buffer.from('a'), Buffer.from('bc'), Buffer.from('defg')])).toString()).toBe('ef')
  })

  it('gives as much scratch as is asked for, and a last output', async () => {
    const sizes: number[] = []
    const transform = pooledTransform({
      pool,
      scratchBytes: (chunk) => chunk.length * 2,
      flushBytes: 7,
      transform: (chunk, scratch) => {
        sizes.push(scratch.length)
        return scratch.write(chunk.toString('hex'), 'latin1')
      },
      flush: async (scratch) => {
        sizes.push(scratch.length)
        return scratch.write('end')
      }
    })
    expect((await through(transform, [Buffer.from([1]), Buffer.from([255, 16])])).toString()).toBe('01ff10end')
    expect(sizes).toEqual([2, 4, 7])
  })

  it('can be derived from', async () => {
    class Doubling extends PooledTransform {
      override _scratchBytes(chunk: Buffer): number {
        return 2 * chunk.length
      }
      override _process(chunk: Buffer, scratch: Buffer): number {
        return chunk.copy(scratch) + chunk.copy(scratch, chunk.length)
      }
      override _finish(scratch: Buffer): number {
        return scratch.write('.')
      }
    }
    expect((await through(new Doubling({ pool }), [Buffer.from('ab'), Buffer.from('c')])).toString()).toBe('ababcc.')
  })

  it('hands strings over where Node would, by encoding and setEncoding', async () => {
    const transform = pooledTransform({ pool, encoding: 'hex', transform: invert })
    transform.end(Buffer.from([0, 255]))
    expect(await transform.toArray()).toEqual(['ff00'])
  })

  it('waits while the pool is exhausted, and takes in no more meanwhile', async () => {
    const one = new BufferPool({ bufferSize: 16, maxSize: 1 })
    const taken = one.lease(16)
    const transform = pooledTransform({ pool: one, transform: invert, highWaterMark: 16 })
    expect(transform.write(Buffer.alloc(16, 1))).toBe(false)
    await setTimeout(5)
    expect(transform.readableLength).toBe(0)
    expect(one.stats().waiting).toBe(1)
    taken.release()
    transform.end()
    expect((await collect(transform)).equals(Buffer.alloc(16, 254))).toBe(true)
    expect(one.stats().inUse).toBe(0)
  })

  it('calls the wait off when it is destroyed', async () => {
    const one = new BufferPool({ bufferSize: 16, maxSize: 1 })
    const taken = one.lease(16)
    const transform = pooledTransform({ pool: one, transform: invert })
    transform.write(Buffer.alloc(16))
    expect(one.stats().waiting).toBe(1)
    transform.destroy()
    await until(() => one.stats().waiting === 0)
    taken.release()
    expect(one.stats().inUse).toBe(0)
  })

  it('does not release scratch before an asynchronous function is done with it, though the stream was destroyed', async () => {
    let finish = (): void => {}
    let seen: Buffer | undefined
    const transform = pooledTransform({
      pool,
      transform: async (chunk, scratch) => {
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        seen = scratch
        return invert(chunk, scratch)
      }
    })
    transform.write(Buffer.from('abc'))
    transform.destroy()
    await setTimeout(5)
    expect(pool.stats().inUse).toBe(1)
    finish()
    await until(() => pool.stats().inUse === 0)
    expect(seen?.length).toBe(3)
  })

  it.each([
    [
      'throws',
      0,
      () => {
        throw new RangeError('own')
      }
    ],
    [
      'rejects, and its scratch is withdrawn',
      1,
      async () => {
        throw new RangeError('own')
      }
    ]
  ])('fails as the function %s', async (_, quarantined, transform) => {
    await expect(through(pooledTransform({ pool, transform }), [Buffer.from('abc')])).rejects.toThrow('own')
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined })
  })

  it.each([
    ['more bytes than there are', () => 4],
    ['a part of a byte', () => 0.5],
    ['bytes below none', () => -1],
    ['other memory', () => Buffer.from('xyz')],
    ['text', () => 'abc' as unknown as number],
    ['more than the scratch', (_: Buffer, scratch: Buffer) => new Uint8Array(scratch.buffer, 0, 5)]
  ])('refuses %s as output', async (_, transform) => {
    await expect(through(pooledTransform({ pool, transform }), [Buffer.from('abc')])).rejects.toMatchObject({
      code: 'ERR_POOL_INVALID_OUTPUT'
    })
  })

  it('fails with what the pool or the size function throws', async () => {
    const small = new BufferPool({ bufferSize: 2 })
    const chunks = [Buffer.from('abc')]
    await expect(through(pooledTransform({ pool: small, transform: invert }), chunks)).rejects.toMatchObject({ code: 'ERR_POOL_TOO_LARGE' })
    const noSize = pooledTransform({ pool, transform: invert, scratchBytes: () => 0 })
    await expect(through(noSize, chunks)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' })
    pool.destroy()
    await expect(through(pooledTransform({ pool, transform: invert }), chunks)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' })
  })

  it("takes Node's signal, also one that was aborted before", async () => {
    const transform = pooledTransform({ pool, transform: invert, signal: AbortSignal.abort() })
    await expect(transform.toArray()).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([
    ['pool', { transform: invert }],
    ['transform', { pool }],
    ['transform', { pool, transform: 7 }],
    ['flush', { pool, transform: invert, flush: 7 }],
    ['scratchBytes', { pool, transform: invert, scratchBytes: 0 }],
    ['flushBytes', { pool, transform: invert, flushBytes: 0 }],
    ['output', { pool, transform: invert, output: 'object' }],
    ['encoding', { pool, transform: invert, output: 'lease', encoding: 'hex' }],
    ['objectMode', { pool, transform: invert, objectMode: true }]
  ])('refuses options by name: %s', (name, options) => {
    expect(() => new PooledTransform(options as unknown as { pool: SizeClassPool })).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
    )
  })
})

describe('PooledTransform, output as leases', () => {
  const leasing = () => pooledTransform({ pool, transform: invert, scratchBytes: (chunk) => chunk.length + 1, output: 'lease' })

  it('hands leases of exactly the output to those who iterate', async () => {
    const got: Buffer[] = []
    for await (using lease of Readable.from([Buffer.from('abc'), Buffer.from('de')]).pipe(leasing())) got.push(Buffer.from(lease.buffer))
    expect(got).toEqual([inverted(Buffer.from('abc')), inverted(Buffer.from('de'))])
    expect(pool.stats().inUse).toBe(0)
  })

  it('gets back what was not read when the consumer breaks off', async () => {
    const transform = leasing()
    for (let index = 0; index < 10; index++) transform.write(Buffer.alloc(100, index))
    for await (using lease of transform) {
      expect(lease.buffer[0]).toBe(255)
      expect(pool.stats().inUse).toBeGreaterThan(1)
      break
    }
    await until(() => transform.closed)
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  })

  it('gets back what resume() throws away', async () => {
    const transform = leasing().resume()
    for (let index = 0; index < 10; index++) transform.write(Buffer.alloc(100, index))
    transform.end()
    await until(() => transform.closed)
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  })

  it.each([[undefined], [new Error('failed')]])(
    'gets back what was not read when it is destroyed with %s, and tells no listener',
    async (error) => {
      const transform = leasing().on('error', () => {})
      for (let index = 0; index < 10; index++) transform.write(Buffer.alloc(100, index))
      transform.end()
      await until(() => transform.readableLength > 1)
      const events: string[] = []
      for (const event of ['data', 'end', 'close']) transform.on(event, () => events.push(event))
      transform.pause()
      transform.destroy(error)
      await setTimeout(1)
      expect(events).toEqual(['close'])
      expect(pool.stats().inUse).toBe(0)
    }
  )

  it('goes on to a stream by writeLeased', async () => {
    const written: Buffer[] = []
    const sink = new Writable({
      highWaterMark: 1,
      write: (chunk, _encoding, callback) => {
        written.push(Buffer.from(chunk))
        setImmediate(callback)
      }
    })
    await pipeline([Buffer.from('abc'), Buffer.from('de')], leasing(), async (leases: AsyncIterable<Lease>) => {
      for await (const lease of leases) await writeLeased(sink, lease)
    })
    await until(() => pool.stats().inUse === 0)
    expect(Buffer.concat(written).equals(inverted(Buffer.from('abcde')))).toBe(true)
  })

  it('fails within a pipeline without keeping anything', async () => {
    const failing = new Writable({
      objectMode: true,
      write: (lease: Lease, _encoding, callback) => {
        lease.release()
        callback(new Error('full'))
      }
    })
    const source = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(100)))
    await expect(pipeline(source, leasing(), failing)).rejects.toThrow('full')
    await until(() => pool.stats().inUse === 0)
  })
})

describe('PooledTransform among other streams', () => {
  it('composes', async () => {
    const one = () => pooledTransform({ pool, transform: invert })
    const twice = compose(new PassThrough(), one(), one())
    twice.end('abc')
    expect((await collect(twice)).toString()).toBe('abc')
  })

  it('throws what a listener throws where Node does: as an uncaught exception, not as a rejection', async () => {
    const errors: [unknown, string][] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error, origin) => errors.push([error, origin]))
    const thrown = new Error('in a listener')
    const transform = pooledTransform({ pool, transform: async (chunk, scratch) => invert(chunk, scratch) })
    transform.on('data', () => {
      throw thrown
    })
    transform.write('abc')
    await until(() => errors.length > 0)
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(errors).toEqual([[thrown, 'uncaughtException']])
  })
})
