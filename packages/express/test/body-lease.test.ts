import { isPoolError, SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { BodyLease } from '../src/body-lease.js'

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run()
  } catch (error) {
    if (isPoolError(error)) return error.code
    throw error
  }
  return undefined
}

describe.each([
  ['a part of a lease', 3],
  ['nothing', 0]
])('BodyLease of %s', (_what, bytes) => {
  const make = () => {
    const pool = new SizeClassPool()
    return { pool, lease: new BodyLease(bytes === 0 ? undefined : pool.lease(100), bytes) }
  }

  it('has exactly the bytes, and gives the memory back once', () => {
    const { pool, lease } = make()
    expect(lease.buffer).toHaveLength(bytes)
    lease.release()
    expect(lease.released).toBe(true)
    expect(pool.stats().inUse).toBe(0)
    expect(codeOf(() => lease.release())).toBe('ERR_POOL_DOUBLE_RELEASE')
    expect(codeOf(() => lease.buffer)).toBe('ERR_POOL_LEASE_RELEASED')
    expect(codeOf(() => lease.retain())).toBe('ERR_POOL_LEASE_RELEASED')
  })

  it('keeps the bytes out until the last of those who retained it releases', () => {
    const { pool, lease } = make()
    const other = lease.retain()
    lease.release()
    expect(other.buffer).toHaveLength(bytes)
    expect(pool.stats().inUse).toBe(bytes === 0 ? 0 : 1)
    other.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('keeps the bytes out until what it is held for has settled', async () => {
    const { pool, lease } = make()
    const held = lease.hold(Promise.resolve('done'))
    lease.release()
    expect(await held).toBe('done')
    expect(pool.stats().inUse).toBe(0)
    await expect(lease.hold(Promise.resolve())).rejects.toSatisfy((error) => isPoolError(error, 'ERR_POOL_LEASE_RELEASED'))
  })

  it('can be discarded, and disposed of any number of times', async () => {
    const { pool, lease } = make()
    lease.discard()
    lease[Symbol.dispose]()
    await lease[Symbol.asyncDispose]()
    expect(pool.stats().inUse).toBe(0)
    const { pool: other, lease: second } = make()
    await second[Symbol.asyncDispose]()
    expect(second.released).toBe(true)
    expect(other.stats().inUse).toBe(0)
  })
})
