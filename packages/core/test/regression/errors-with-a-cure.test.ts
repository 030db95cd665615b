import { BufferPool, PoolManager, SizeClassPool } from '@pool/core'
import { validSource } from '@pool/core/kit'
import { describe, expect, it, vi } from 'vitest'

const messageOf = (fails: () => unknown): string => {
  try {
    fails()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('an error that the caller can act on', () => {
  const pool = new BufferPool({ name: 'listened', bufferSize: 64, maxSize: 1 })

  it('names the event whose listener is none', () => {
    for (const method of ['on', 'once'] as const) {
      const message = messageOf(() => pool[method]('exhausted', undefined as never))
      expect(message).toBe("listener of 'exhausted' must be a function; it is undefined.")
    }
  })

  it('names the event that a pool has not', () => {
    expect(messageOf(() => pool.on('drained' as never, () => {}))).toMatch(/acquire, .*; it is 'drained'\.$/)
  })

  it('says what makes a pool', () => {
    expect(messageOf(() => validSource('pool', {} as never))).toContain('new SizeClassPool(), with lease(), leaseAsync() and maxBytes')
  })

  it('quotes the variable of the environment', () => {
    vi.stubEnv('POOL_DEBUG', 'yes')
    expect(messageOf(() => new SizeClassPool())).toBe(
      "the variable POOL_DEBUG of the environment must be one of 'off', 'poison', 'revoke'; it is 'yes'. Correct it, or unset it."
    )
  })

  it('tells a name with other options from a pool of another kind', () => {
    const manager = new PoolManager()
    manager.getPool('a', { bufferSize: 64, maxSize: 1 })
    expect(messageOf(() => manager.getPool('a', { bufferSize: 65, maxSize: 1 }))).toContain("Call getPool('a') without options")
    manager.add(new SizeClassPool({ name: 'b' }))
    expect(messageOf(() => manager.getPool('b'))).toContain('is not a BufferPool')
  })
})
