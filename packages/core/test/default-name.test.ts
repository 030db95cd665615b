import { nameOrDefault } from '@pool/core/kit'
import { describe, expect, it, vi } from 'vitest'

describe('nameOrDefault', () => {
  it('gives back the name that was given, and refuses what is not one', () => {
    expect(nameOrDefault('uploads', 'given')).toBe('uploads')
    for (const wrong of [null, '', 5]) {
      expect(() => nameOrDefault(wrong as never, 'given')).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
    expect(nameOrDefault(undefined, 'given')).toBe('given-1')
  })

  it('counts each prefix by itself', () => {
    expect([nameOrDefault(undefined, 'first'), nameOrDefault(undefined, 'first'), nameOrDefault(undefined, 'second')]).toEqual([
      'first-1',
      'first-2',
      'second-1'
    ])
  })

  it('makes no name that another copy of the package has made', async () => {
    const name = nameOrDefault(undefined, 'copies')
    vi.resetModules()
    const copy = await import('../src/kit/default-name.js')
    expect(copy.nameOrDefault).not.toBe(nameOrDefault)
    expect([name, copy.nameOrDefault(undefined, 'copies')]).toEqual(['copies-1', 'copies-2'])
  })
})
