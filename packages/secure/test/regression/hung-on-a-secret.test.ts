import { describe, expect, it } from 'vitest'
import { SecureBufferPool } from '../../src/index.js'
import { backings } from '../backings.js'

describe.each(backings)('the property that an owner hangs on a secret of a pool on %s', (backing) => {
  it('is refused, on the view and on the memory behind it: the next owner gets both', () => {
    const pool = new SecureBufferPool({ backing, maxSecrets: 1 })
    const secret = pool.acquire(32)
    expect(() => Object.assign(secret, { user: 'ada' })).toThrow(TypeError)
    expect(() => Object.assign(secret.buffer, { user: 'ada' })).toThrow(TypeError)
    pool.release(secret)
    const next = pool.acquire(32)
    expect(Object.keys(next.buffer)).toEqual([])
    pool.release(next)
    pool.destroy()
  })
})
