import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { firstBytes } from '../../src/leases/partial-lease.js'
import { PlainLease } from '../../src/leases/plain-lease.js'

const pool = new SizeClassPool()

const kinds = {
  PlainLease: () => new PlainLease(Buffer.from('abc')),
  PartialLease: () => {
    const whole = pool.lease(10)
    whole.buffer.write('abcdefghij')
    return firstBytes(whole, 3)
  }
}

describe.each(Object.entries(kinds))('%s keeps the contract of a lease', (_, make) => {
  it('shows exactly its bytes until it is released, once', () => {
    const lease = make()
    expect(lease.buffer.toString()).toBe('abc')
    expect(lease.released).toBe(false)
    lease.release()
    expect(lease.released).toBe(true)
    expect(() => lease.buffer).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => lease.retain()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => lease.hold(Promise.resolve())).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(() => lease.discard()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(() => lease[Symbol.dispose]()).not.toThrow()
  })

  it('is retained for another reader', () => {
    const lease = make()
    const other = lease.retain()
    lease.release()
    expect(other.buffer.toString()).toBe('abc')
    other.release()
  })

  it('settles as what it is held for, and waits for that when disposed', async () => {
    const lease = make()
    let finish = (_: number): void => {}
    const held = lease.hold(
      new Promise<number>((resolve) => {
        finish = resolve
      })
    )
    let disposed = false
    const disposing = lease[Symbol.asyncDispose]().then(() => {
      disposed = true
    })
    await new Promise(setImmediate)
    expect(disposed).toBe(false)
    finish(7)
    expect(await held).toBe(7)
    await disposing
    expect(lease.released).toBe(true)
    expect(pool.stats().inUse).toBe(0)
  })

  it('passes a rejection on', async () => {
    const lease = make()
    await expect(lease.hold(Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    lease.discard()
    expect(pool.stats().inUse).toBe(0)
  })

  it('is held for promises only', () => {
    const lease = make()
    expect(() => lease.hold(7 as unknown as Promise<void>)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    lease.release()
  })
})

describe('firstBytes', () => {
  it('is the same lease where that is all of it', () => {
    const lease = pool.lease(10)
    expect(firstBytes(lease, 10)).toBe(lease)
    lease.release()
  })
})
