import { describe, expect, it } from 'vitest'
import { SecureBufferPool, timingSafeEqual } from '../../src/index.js'

const pool = new SecureBufferPool({ backing: 'heap' })

describe('timingSafeEqual', () => {
  it('compares leases with leases and with bytes', () => {
    using first = pool.randomBytes(32)
    using second = pool.lease(32)
    expect(timingSafeEqual(first, second)).toBe(false)
    first.buffer.copy(second.buffer)
    expect(timingSafeEqual(first, second)).toBe(true)
    expect(timingSafeEqual(first, Buffer.from(second.buffer))).toBe(true)
    second.buffer[31]! ^= 1
    expect(timingSafeEqual(first.buffer, second)).toBe(false)
  })

  it('tells different lengths apart without throwing', () => {
    using first = pool.lease(32)
    using second = pool.lease(31)
    expect(timingSafeEqual(first, second)).toBe(false)
  })

  it('refuses strings with ERR_POOL_INVALID_OPTION, and quotes none', () => {
    using first = pool.lease(8)
    expect(() => timingSafeEqual(first, 'password' as unknown as Buffer)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.not.stringContaining('password') })
    )
  })
})
