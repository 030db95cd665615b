import { isPoolError, PoolError } from '@pool/core/interfaces'
import { describe, expect, it } from 'vitest'

describe('PoolError', () => {
  it('is told by its code', () => {
    const error = new PoolError('ERR_POOL_EXHAUSTED', 'all 4 buffers are out')
    expect(isPoolError(error)).toBe(true)
    expect(isPoolError(error, 'ERR_POOL_EXHAUSTED')).toBe(true)
    expect(isPoolError(error, 'ERR_POOL_CLOSED')).toBe(false)
  })

  it('is told across copies of the package, which share no class', () => {
    const stranger = Object.assign(new Error('x'), {
      code: 'ERR_POOL_LEAK',
      [Symbol.for('@pool/core.PoolError')]: true
    })
    expect(isPoolError(stranger, 'ERR_POOL_LEAK')).toBe(true)
  })

  it('is not any other error', () => {
    for (const other of [new Error('x'), null, undefined, 'ERR_POOL_LEAK', { code: 'ERR_POOL_LEAK' }])
      expect(isPoolError(other)).toBe(false)
  })
})
