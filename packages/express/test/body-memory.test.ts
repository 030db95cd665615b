import { SizeClassPool } from '@pool/core'
import { ByteRoom } from '@pool/core/kit/universal'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BodyMemory } from '../src/body-memory.js'

/** Feeds chunks as a reader does, and counts what is leased meanwhile. */
function read(pool: SizeClassPool, limit: number, length: number | null, chunks: readonly Buffer[]) {
  const memory = new BodyMemory(limit, length)
  let leasedNow = length ?? 0
  let mostLeased = leasedNow
  let leases = leasedNow > 0 ? 1 : 0
  if (leasedNow > 0) memory.add(pool.lease(leasedNow))
  for (const chunk of chunks) {
    if (memory.write(chunk)) continue
    const before = memory.received
    const wanted = memory.fill(chunk)
    if (wanted === 0) continue
    memory.add(pool.lease(wanted))
    leases++
    leasedNow += wanted
    mostLeased = Math.max(mostLeased, leasedNow)
    expect(memory.write(chunk.subarray(memory.received - before))).toBe(true)
  }
  const isScattered = memory.isScattered
  if (isScattered) memory.gatherInto(pool.lease(memory.received))
  return { memory, mostLeased, leases, isScattered }
}

const someChunks = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 40 })
const chunksOf = (sizes: readonly number[]) => sizes.map((size, at) => Buffer.alloc(size, `${at}.`))

describe('BodyMemory', () => {
  it('holds exactly what came, of known length and unknown, and holds no more than the limit while reading', () => {
    const pool = new SizeClassPool()
    fc.assert(
      fc.property(someChunks, fc.boolean(), fc.integer({ min: 0, max: 5000 }), (sizes, isKnown, spare) => {
        const chunks = chunksOf(sizes)
        const whole = Buffer.concat(chunks)
        const limit = whole.length + spare
        const { memory, mostLeased } = read(pool, limit, isKnown ? whole.length : null, chunks)
        expect(mostLeased).toBeLessThanOrEqual(limit)
        expect(memory.received).toBe(whole.length)
        const lease = memory.take()
        expect(lease.buffer.equals(whole)).toBe(true)
        lease.release()
        expect(pool.stats().inUse).toBe(0)
      })
    )
  })

  it('leases once for a known length, and copies each byte once', () => {
    const pool = new SizeClassPool()
    const { memory, leases, isScattered } = read(pool, 100_000, 90_000, chunksOf(Array.from({ length: 90 }, () => 1000)))
    expect({ leases, isScattered }).toEqual({ leases: 1, isScattered: false })
    memory.release()
  })

  it('grows by doubling, so that a hundred thousand chunks take a few leases and one gathering copy', () => {
    const pool = new SizeClassPool()
    const { memory, leases } = read(pool, 2 ** 20, null, chunksOf(Array.from({ length: 100_000 }, () => 10)))
    expect(leases).toBe(9)
    expect(memory.received).toBe(1_000_000)
    memory.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('counts what is more than the length, and does not store it', () => {
    const pool = new SizeClassPool()
    const { memory } = read(pool, 1000, 10, [Buffer.from('0123456789'), Buffer.from('more')])
    expect(memory.received).toBe(14)
    memory.release()
    const none = read(pool, 1000, 0, [Buffer.from('more')])
    expect(none.memory.received).toBe(4)
    expect(none.leases).toBe(0)
    none.memory.release()
  })

  it('gives an empty body a lease that takes nothing', () => {
    const lease = new BodyMemory(1000, 0).take()
    expect(lease.buffer).toHaveLength(0)
    lease.release()
  })

  it.each([
    ['known', 150_000],
    ['unknown', null]
  ])('keeps the chunks of a body of %s length, takes one lease for them, and gives their room back', (_what, length) => {
    const pool = new SizeClassPool()
    const collecting = new ByteRoom(200_000)
    const memory = new BodyMemory(200_000, length)
    expect(memory.collect(collecting)).toBe(true)
    const chunks = [Buffer.alloc(100_000, 'a'), Buffer.alloc(50_000, 'b')]
    for (const chunk of chunks) expect(memory.write(chunk)).toBe(true)
    expect(collecting.take(50_001)).toBe(false)
    expect(pool.stats().acquisitions).toBe(0)
    memory.add(pool.lease(memory.received))
    expect(collecting.take(200_000)).toBe(true)
    const lease = memory.take()
    expect(lease.buffer.equals(Buffer.concat(chunks))).toBe(true)
    lease.release()
  })

  it('does not collect a body of known length that comes in one read, or that there is no room for', () => {
    const collecting = new ByteRoom(200 * 1024)
    const admits = (length: number) => new BodyMemory(2 ** 20, length).collect(collecting)
    expect([64 * 1024, 201 * 1024, 150 * 1024, 100 * 1024].map(admits)).toEqual([false, false, true, false])
  })

  it.each([
    ['there is no room for more of its chunks', 10_000, 1000],
    ['it has too many chunks', 2 ** 20, 10]
  ])('goes on in segments with a body of unknown length when %s', (_what, room, size) => {
    const pool = new SizeClassPool()
    const collecting = new ByteRoom(room)
    const memory = new BodyMemory(2 ** 20, null)
    memory.collect(collecting)
    const chunks = Array.from({ length: 100 }, (_, at) => Buffer.alloc(size, `${at}.`))
    for (const chunk of chunks) {
      if (memory.write(chunk)) continue
      const before = memory.received
      const wanted = memory.fill(chunk)
      if (wanted === 0) continue
      memory.add(pool.lease(wanted))
      memory.fill(chunk.subarray(memory.received - before))
    }
    if (memory.isScattered) memory.gatherInto(pool.lease(memory.received))
    expect(collecting.take(room)).toBe(true)
    const lease = memory.take()
    expect(lease.buffer.equals(Buffer.concat(chunks))).toBe(true)
    lease.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('charges a small part of a large buffer for all of it', () => {
    const collecting = new ByteRoom(10_000)
    const memory = new BodyMemory(2 ** 20, null)
    memory.collect(collecting)
    expect(memory.write(Buffer.alloc(20_000).subarray(0, 10))).toBe(false)
  })
})
