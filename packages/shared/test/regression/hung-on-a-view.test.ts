import { describe, expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'

describe.each(['shared', 'transfer'] as const)('where mode is %s', (mode) => {
  it('refuses a property on a view, which the next holder gets as the same object', () => {
    const pool = SharedPool.create({ type: Float32Array, shape: 8, blocks: 1, mode })
    const handle = pool.acquire()
    const view = pool.view(handle)
    expect(() => Object.assign(view, { user: 'ada' })).toThrow(TypeError)
    expect(() => Object.assign(view.buffer, { user: 'ada' })).toThrow(TypeError)
    pool.release(handle)
    const next = pool.view(pool.acquire())
    expect([next === view, 'user' in next]).toEqual([true, false])
    pool.detach()
  })
})
