import { describe, expect, it } from 'vitest'
import { SharedPool } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

// Arithmetic on these throws errors of the language, or runs code of the caller's in the midst of a release.
const values: readonly [string, unknown][] = [
  ['a bigint', 5n],
  ['a symbol', Symbol('handle')],
  [
    'an object with code of its own',
    {
      valueOf: () => {
        throw new Error('this was called')
      }
    }
  ]
]

describe.each(['shared', 'transfer'] as const)('where mode is %s', (mode) => {
  it.each(values)('refuses %s as a handle and as a channel, by the codes', (_, value) => {
    const pool = SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, channels: 1, mode })
    const handle = pool.acquire()
    const state = () => pool.stats().inUse
    const odd = value as number
    for (const misuse of [() => pool.release(odd), () => pool.view(odd), () => pool.offset(odd), () => pool.send(0, odd)]) {
      refuses('ERR_POOL_FOREIGN_BUFFER', misuse, state)
    }
    refuses('ERR_POOL_INVALID_OPTION', () => pool.send(odd, handle), state)
    refuses('ERR_POOL_INVALID_OPTION', () => pool.receive(odd), state)
    pool.release(handle)
    expect(pool.stats()).toMatchObject({ inUse: 0, refusedReleases: 4 })
  })
})
