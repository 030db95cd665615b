import { describe, expect, it } from 'vitest'
import { SizeClassPool } from '../src/index.js'
import { givenOrShared } from '../src/kit.js'

describe('givenOrShared', () => {
  it('gives the pool that was passed, and else one that is made when needed, and anew after it was destroyed', () => {
    let made = 0
    const poolOf = givenOrShared(() => new SizeClassPool({ name: `shared ${++made}` }))
    const own = new SizeClassPool()
    expect(poolOf(own)).toBe(own)
    expect(made).toBe(0)
    const shared = poolOf(undefined)
    expect(poolOf(undefined)).toBe(shared)
    ;(shared as SizeClassPool).destroy()
    expect(poolOf(undefined).name).toBe('shared 2')
    ;(poolOf(undefined) as SizeClassPool).destroy()
    own.destroy()
  })

  it('refuses what is not a pool', () => {
    const poolOf = givenOrShared(() => new SizeClassPool())
    expect(() => poolOf({} as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})
