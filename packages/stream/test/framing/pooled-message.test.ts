import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { PooledMessage } from '../../src/framing/pooled-message.js'

const pool = new SizeClassPool({ name: 'message-tests', clear: 'never' })

function pooled(): PooledMessage {
  const lease = pool.lease(10)
  return new PooledMessage(lease.buffer, lease)
}

describe.each([
  ['of pooled memory', pooled],
  ['of a chunk', () => new PooledMessage(Buffer.alloc(10), undefined)]
] as const)('a message %s', (_, make) => {
  it('is released once, and not used afterwards', () => {
    const message = make()
    expect(message.buffer.length).toBe(10)
    message.release()
    expect(message.released).toBe(true)
    expect(() => message.buffer).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => message.retain()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => message.hold(Promise.resolve())).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
    expect(() => message.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(() => message.discard()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(pool.stats().inUse).toBe(0)
  })

  it('lives as long as its last retained lease', () => {
    const message = make()
    const other = message.retain()
    message.release()
    expect(other.buffer.length).toBe(10)
    other.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('is held until a promise settles, also for who waits for that', async () => {
    const message = make()
    let settle = (): void => {}
    void message.hold(
      new Promise<void>((resolve) => {
        settle = resolve
      })
    )
    const disposing = message[Symbol.asyncDispose]()
    await Promise.resolve()
    expect(message.released).toBe(false)
    settle()
    await disposing
    expect(message.released).toBe(true)
    expect(pool.stats().inUse).toBe(0)
    message[Symbol.dispose]()
    await message[Symbol.asyncDispose]()
  })

  it('refuses to be held for what is no promise', () => {
    using message = make()
    expect(() => message.hold(1 as unknown as Promise<void>)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })

  it('ends by a scope or by discard', () => {
    {
      using message = make()
      expect(message.released).toBe(false)
    }
    make().discard()
    expect(pool.stats().inUse).toBe(0)
  })
})
