import type { Lease } from '@pool/core'
import { expect, it } from 'vitest'
import { framed, type PooledConnection } from '../../src/index.js'
import { testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

/** More than the system takes from a connection whose peer does not read. */
const largeBytes = 16_000_000
const ofWriter = 1
const ofNextOwner = 2
const doubleRelease = expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' })

function filled(pool: ReturnType<typeof testPool>, bytes: number, value: number): Lease<Buffer> {
  const lease = pool.lease(bytes)
  lease.buffer.fill(value)
  return lease
}

it.each<[string, number, (connection: PooledConnection, lease: Lease<Buffer>) => unknown]>([
  ['write', 1, (connection, lease) => connection.write(lease)],
  ['tryWrite', 1, (connection, lease) => connection.tryWrite(lease)],
  ['send', 1, (connection, lease) => connection.send(lease)],
  ['write of the same lease twice', 2, (connection, lease) => connection.write([lease, lease])],
  ['write of a message', 1, (connection, lease) => framed(connection, { framing: 'newline', maxMessageBytes: largeBytes }).write(lease)]
])(
  'sends the bytes of a lease whose scope ends after the %s, and gives its memory to no other owner before',
  async (_, times, write) => {
    const pool = testPool()
    const { connection, peer } = await twoEnds({ pool, maxMessageBytes: largeBytes })
    peer.pause()
    {
      using lease = filled(pool, largeBytes, ofWriter)
      write(connection, lease)
      expect(lease.released).toBe(true)
      expect(() => lease.release()).toThrow(doubleRelease)
      expect(() => lease.discard()).toThrow(doubleRelease)
    }
    expect(pool.stats().inUse).toBe(1)
    const next = filled(pool, largeBytes, ofNextOwner)
    let received = 0
    let ofOthers = 0
    peer.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (chunk.includes(ofNextOwner)) ofOthers++
    })
    peer.resume()
    await until(() => received >= times * largeBytes && connection.unsentBytes === 0)
    expect(ofOthers).toBe(0)
    expect(next.released).toBe(false)
    next.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  },
  60_000
)

it('sends what a send waits with, although its caller tries to release it', async () => {
  const pool = testPool()
  const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
  peer.pause()
  expect(connection.send(Buffer.alloc(largeBytes))).toBeUndefined()
  const lease = filled(pool, 10, ofWriter)
  const waits = connection.send(lease)
  expect(waits).toBeInstanceOf(Promise)
  expect(() => lease.release()).toThrow(doubleRelease)
  const next = filled(pool, 10, ofNextOwner)
  const last: Buffer[] = []
  let received = 0
  peer.on('data', (chunk: Buffer) => {
    received += chunk.length
    last.push(chunk.subarray(-10))
  })
  peer.resume()
  await waits
  await until(() => received === largeBytes + 10 && connection.unsentBytes === 0)
  expect(Buffer.concat(last).subarray(-10)).toEqual(Buffer.alloc(10, ofWriter))
  next.release()
  expect(pool.stats().inUse).toBe(0)
}, 60_000)

it('sends what an array held when it was written, whatever becomes of the array', async () => {
  const pool = testPool()
  const { connection, peer } = await twoEnds({ pool })
  peer.pause()
  const pieces = [filled(pool, largeBytes, ofWriter)]
  const written = connection.write(pieces)
  const other = filled(pool, 10, ofNextOwner)
  pieces[0] = other
  peer.resume()
  await written
  expect(other.released).toBe(false)
  other.release()
  expect(pool.stats().inUse).toBe(0)
}, 60_000)

it('leaves a lease to its caller where the write is refused', async () => {
  const pool = testPool()
  const { connection, peer } = await twoEnds({ pool, maxUnsentBytes: 1_000_000 })
  peer.pause()
  connection.send(Buffer.alloc(largeBytes))
  void connection.send(Buffer.alloc(1))
  const limit = expect.objectContaining({ code: 'ERR_POOL_UNSENT_LIMIT' })
  const lease = pool.lease(10)
  for (const data of [lease, [lease, lease]]) {
    expect(() => connection.write(data)).toThrow(limit)
    expect(() => connection.send(data)).toThrow(limit)
    expect(connection.tryWrite(data)).toBe(false)
    expect(() => connection.write([lease, 5 as never])).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  }
  expect(lease.released).toBe(false)
  lease.release()
  expect(pool.stats().inUse).toBe(0)
})
