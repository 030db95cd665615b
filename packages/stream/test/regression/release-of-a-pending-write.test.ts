import { Writable } from 'node:stream'
import { SizeClassPool } from '@pool/core'
import { writeLeased } from '@pool/stream'
import { expect, it } from 'vitest'

it('writes the bytes of a lease whose scope ends after the call, and gives its memory to no other owner before', async () => {
  const pool = new SizeClassPool()
  const written: Buffer[] = []
  let calledBack = () => {}
  const writable = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      written.push(chunk)
      calledBack = callback
    }
  })
  {
    using lease = pool.lease(5000)
    lease.buffer.fill(1)
    void writeLeased(writable, lease)
    expect(lease.released).toBe(true)
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    expect(() => writeLeased(writable, lease)).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' }))
  }
  expect(pool.stats().inUse).toBe(1)
  const next = pool.lease(5000)
  next.buffer.fill(2)
  expect(written).toEqual([Buffer.alloc(5000, 1)])
  next.release()
  calledBack()
  await new Promise(setImmediate)
  expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
})
