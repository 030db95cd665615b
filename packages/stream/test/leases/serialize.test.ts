import { BufferPool, SizeClassPool, UnpooledPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import { serializeBytes, serializeJson } from '@pool/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const pool = new SizeClassPool()

function json(value: unknown, thresholdBytes?: number): string | undefined {
  const lease = serializeJson(value, { pool, ...(thresholdBytes !== undefined && { thresholdBytes }) })
  try {
    return lease?.buffer.toString('utf8')
  } finally {
    lease?.release()
  }
}

describe('serializeJson', () => {
  it.each([
    ['an object', { a: 1, b: [true, null, 'x'] }],
    ['toJSON', { at: new Date(0), own: { toJSON: () => ({ replaced: true }) } }],
    ['undefined inside', { a: undefined, b: [undefined, () => {}, Symbol('s')] }],
    ['lone surrogates', ['\ud800', 'a\udfff', '\ud83d\ude00']],
    ['numbers that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY, -0]],
    ['text of every width', 'aé€😀'.repeat(1000)],
    ['an empty string', ''],
    ['null', null]
  ])('gives the bytes of JSON.stringify: %s', (_, value) => {
    expect(json(value, 0)).toBe(JSON.stringify(value))
    expect(json(value)).toBe(JSON.stringify(value))
  })

  it.each([[undefined], [() => {}], [Symbol('s')], [{ toJSON: () => undefined }]])('gives undefined where JSON.stringify does', (value) => {
    expect(JSON.stringify(value)).toBeUndefined()
    expect(serializeJson(value, { pool })).toBeUndefined()
  })

  it('takes memory from the pool above the threshold, and exactly the bytes', () => {
    const before = pool.stats().inUse
    const small = serializeJson('x'.repeat(1022), { pool })
    expect(pool.stats().inUse).toBe(before)
    const large = serializeJson('x'.repeat(1023), { pool })
    expect(pool.stats().inUse).toBe(before + 1)
    expect([small?.buffer.length, large?.buffer.length]).toEqual([1024, 1025])
    small?.release()
    large?.release()
    expect(pool.stats().inUse).toBe(before)
  })

  it('throws what JSON.stringify throws, with the pool as before', async () => {
    const cycle: Record<string, unknown> = { text: 'x'.repeat(2000) }
    cycle.self = cycle
    await expectNoLeaks(() => {
      expect(() => serializeJson(cycle, { pool })).toThrow(TypeError)
      expect(() => serializeJson({ big: 1n }, { pool })).toThrow(TypeError)
      const own = new RangeError('own')
      const throwing = {
        toJSON: () => {
          throw own
        }
      }
      expect(() => serializeJson(throwing, { pool })).toThrow(own)
    })
  })

  it('throws what the pool throws, and takes nothing', () => {
    const tiny = new BufferPool({ bufferSize: 2048, maxSize: 1 })
    expect(() => serializeJson('x'.repeat(3000), { pool: tiny })).toThrow(expect.objectContaining({ code: 'ERR_POOL_TOO_LARGE' }))
    const lease = serializeJson('x'.repeat(1500), { pool: tiny })
    expect(() => serializeJson('x'.repeat(1500), { pool: tiny })).toThrow(expect.objectContaining({ code: 'ERR_POOL_EXHAUSTED' }))
    lease?.release()
    expect(tiny.stats().inUse).toBe(0)
  })

  it('is byte for byte what JSON.stringify gives, for any value, pooled or not', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withBigInt: false }), fc.constantFrom(0, 16, 1024), (value, threshold) => {
        expect(json(value, threshold)).toBe(JSON.stringify(value))
      }),
      { numRuns: 400 }
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const lease = serializeJson(text, { pool, thresholdBytes: 0 })
        expect(lease?.buffer.equals(Buffer.from(JSON.stringify(text)))).toBe(true)
        lease?.release()
      })
    )
  })

  it('survives the round trip', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = json(value, 8)
        expect(JSON.parse(text as string)).toEqual(JSON.parse(JSON.stringify(value)))
      })
    )
    expect(pool.stats().inUse).toBe(0)
  })
})

describe('serializeBytes', () => {
  it('copies bytes, pooled above the threshold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const lease = serializeBytes(bytes, { pool })
        expect(lease.buffer.equals(bytes)).toBe(true)
        expect(pool.stats().inUse).toBe(bytes.length > 1024 ? 1 : 0)
        const was = Buffer.from(bytes)
        bytes.fill(7)
        expect(lease.buffer.equals(was)).toBe(true)
        lease.release()
      })
    )
  })

  it('pools nothing with a threshold of Infinity', () => {
    const unused = new UnpooledPool()
    serializeBytes(Buffer.alloc(100_000), { pool: unused, thresholdBytes: Number.POSITIVE_INFINITY }).release()
    expect(unused.stats().acquisitions).toBe(0)
  })

  it('gives small results as leases too, which are released once', () => {
    const lease = serializeBytes(Buffer.from('small'), { pool })
    expect(lease.buffer.toString()).toBe('small')
    lease.release()
    expect(lease.released).toBe(true)
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(() => lease.buffer).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
  })

  it.each([
    ['bytes', 'text', { pool }],
    ['pool', Buffer.alloc(1), {}],
    ['thresholdBytes', Buffer.alloc(1), { pool, thresholdBytes: -1 }],
    ['threshold', Buffer.alloc(1), { pool, threshold: 1 }]
  ])('refuses %s that can not be', (name, bytes, options) => {
    const wrong = () => serializeBytes(bytes as Uint8Array, options as { pool: SizeClassPool })
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) }))
  })
})
