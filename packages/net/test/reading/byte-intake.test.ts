import { isPoolError, type Lease, type SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { connectionSettings, noTimeouts } from '../../src/connection-options.js'
import { ConnectionReader } from '../../src/reading/connection-reader.js'
import { landing, landingBytes } from '../../src/reading/landing.js'
import { ConnectionGroup } from '../../src/server/connection-group.js'
import { randomFrom } from '../support/random.js'
import { numbered, testPool } from '../support/two-ends.js'

function reading(pool: SizeClassPool, options: object = {}) {
  const group = new ConnectionGroup()
  const settings = connectionSettings({ pool, group, ...options }, noTimeouts)
  const source = { resumed: 0, failure: undefined as unknown }
  const reader = new ConnectionReader(settings, ConnectionGroup.tallyOf(group), {
    resume: () => source.resumed++,
    failed: (error) => {
      source.failure = error
    },
    endSeen: () => {}
  })
  /** What the system does: puts bytes where it was told, and says so. */
  const arrive = (bytes: Buffer): boolean => {
    expect(bytes.length).toBeLessThanOrEqual(reader.intake.armed.length)
    bytes.copy(reader.intake.armed)
    return reader.intake.arrived(bytes.length)
  }
  return { reader, intake: reader.intake, source, arrive }
}

describe('ByteIntake', () => {
  it('holds no memory while nothing is there, and lets the first bytes land where every connection has them land', () => {
    const pool = testPool()
    const { intake, reader, arrive } = reading(pool)
    expect(intake.armed).toBe(landing)
    arrive(numbered(100))
    expect(pool.stats().inUse).toBe(1)
    reader.tryRead(100)?.release()
    expect(pool.stats().inUse).toBe(0)
    expect(intake.armed).toBe(landing)
  })

  it.each([false, true])(
    'wipes the landing, so that no connection leaves its bytes to another (of bytes to be thrown away: %s)',
    (isDiscarding) => {
      const { arrive, intake, reader } = reading(testPool())
      if (isDiscarding) intake.discard()
      arrive(Buffer.alloc(1000, 7))
      expect(landing.every((byte) => byte === 0)).toBe(true)
      if (!isDiscarding) reader.tryRead(1000)?.release()
    }
  )

  it('takes a segment for what comes once a read filled its memory, and gives it up once one did not', () => {
    const pool = testPool()
    const { intake, arrive, reader } = reading(pool, { readBytes: 65_536 })
    arrive(numbered(landingBytes))
    expect(intake.armed.length).toBe(65_472 - landingBytes)
    arrive(numbered(10))
    expect(intake.armed).toBe(landing)
    expect(pool.stats().inUse).toBe(1)
    reader.trySkip(landingBytes + 10)
    expect(pool.stats().inUse).toBe(0)
  })

  it('is left with nothing by a message of a round size', () => {
    // Of a pool so small nothing is kept warm.
    const pool = testPool(512 * 1024)
    for (const bytes of [4096, 16_384, 65_536, 131_072]) {
      const { intake, arrive, reader } = reading(pool, { maxReadAheadBytes: 2 ** 20 })
      for (let left = bytes; left > 0; ) {
        const count = Math.min(left, intake.armed.length)
        arrive(numbered(count))
        left -= count
      }
      reader.trySkip(bytes)
      expect(intake.armed).toBe(landing)
      expect(pool.stats().inUse).toBe(0)
    }
  })

  it('keeps its memory after a large read that left room, where few connections of the pool do', () => {
    const pool = testPool()
    const warm = Array.from({ length: 17 }, () => {
      const { intake, arrive, reader } = reading(pool)
      arrive(numbered(landingBytes))
      arrive(numbered(20_000))
      reader.trySkip(landingBytes + 20_000)
      return { intake, reader, isWarm: intake.armed !== landing }
    })
    expect(warm.map(({ isWarm }) => isWarm)).toEqual([...Array(16).fill(true), false])
    warm[0]?.reader.close(undefined)
    const { intake, arrive } = reading(pool)
    arrive(numbered(landingBytes))
    arrive(numbered(20_000))
    expect(intake.armed).not.toBe(landing)
    intake.close()
    for (const { reader } of warm) reader.close(undefined)
    expect(pool.stats().inUse).toBe(1)
    intake.discard()
    expect(pool.stats().inUse).toBe(0)
  })

  it('asks for more at once when a read filled a whole segment, while the bound allows it', () => {
    const pool = testPool()
    for (const [maxReadAheadBytes, most] of [
      [256 * 1024, 524_224],
      [100_000, 131_008],
      [50_000, 61_312]
    ] as const) {
      const { intake, arrive, reader } = reading(pool, { maxReadAheadBytes })
      let widest = 0
      for (let reads = 0; reads < 8; reads++) {
        arrive(numbered(intake.armed.length))
        reader.trySkip(reader.intake.ahead.length)
        widest = Math.max(widest, intake.armed.length)
      }
      expect(widest).toBe(most)
      intake.close()
    }
    expect(pool.stats().inUse).toBe(0)
  })

  it('fills a segment anew whose lease was released as it was given', async () => {
    const pool = testPool()
    const { intake, arrive, reader } = reading(pool, { maxReadAheadBytes: 100_000 })
    const seen: Buffer[] = []
    const done = reader.consume((lease) => {
      seen.push(Buffer.from(lease.buffer))
      lease.release()
    })
    const all = numbered(1_000_000)
    let came = 0
    while (came < all.length) {
      const count = Math.min(intake.armed.length, all.length - came)
      arrive(all.subarray(came, came + count))
      came += count
    }
    reader.peerEnded()
    await done
    expect(Buffer.concat(seen).equals(all)).toBe(true)
    expect(pool.stats().acquisitions).toBeLessThan(4)
  })

  it('leaves a segment alone whose lease is kept', () => {
    const pool = testPool()
    const { intake, arrive, reader } = reading(pool, { maxReadAheadBytes: 100_000 })
    const kept: Lease<Buffer>[] = []
    reader.consume((lease) => void kept.push(lease)).catch(() => {})
    const all = numbered(1_000_000)
    for (let came = 0; came < all.length; ) {
      const count = Math.min(intake.armed.length, all.length - came)
      arrive(all.subarray(came, came + count))
      came += count
    }
    expect(Buffer.concat(kept.map(({ buffer }) => buffer)).equals(all)).toBe(true)
    for (const lease of kept) lease.release()
    reader.discard(undefined)
    reader.close(undefined)
    expect(pool.stats().inUse).toBe(0)
  })

  it('has the system fill the lease of a long message to its end', async () => {
    const pool = testPool()
    const { intake, arrive, reader } = reading(pool)
    const whole = numbered(1_000_000)
    const lease = reader.read(whole.length)
    let at = 0
    const give = (count: number) => {
      at += count
      arrive(whole.subarray(at - count, at))
    }
    give(landingBytes)
    while (intake.armed.length < 100_000) give(intake.armed.length)
    // No more than a sixteenth came before memory for all of it was taken.
    expect(at).toBeLessThan(1_000_000 / 16 + 65_536)
    expect(intake.armed.length).toBe(whole.length - at)
    give(whole.length - at)
    const got = (await lease) as Lease<Buffer>
    expect(got.buffer.equals(whole)).toBe(true)
    expect(pool.stats().inUse).toBe(1)
    got.release()
  })

  it('takes no memory for what a peer only claims', () => {
    const pool = testPool()
    const { arrive, reader } = reading(pool)
    reader.read(10_000_000).catch(() => {})
    arrive(numbered(1000))
    expect(pool.stats().inUseBytes).toBeLessThanOrEqual(1024)
  })

  it('stops at the bound of bytes read ahead, and goes on once half of them were read', () => {
    const { arrive, reader, source, intake } = reading(testPool(), { maxReadAheadBytes: 10_000 })
    expect(arrive(numbered(4000))).toBe(true)
    expect(arrive(numbered(4000))).toBe(true)
    expect(arrive(numbered(4000))).toBe(false)
    expect(intake.isStopped).toBe(true)
    reader.trySkip(6000)
    expect(source.resumed).toBe(0)
    reader.trySkip(1000)
    expect(source.resumed).toBe(1)
    expect(intake.isStopped).toBe(false)
  })

  it('goes beyond the bound for a read that waits for more', async () => {
    const { arrive, reader, source } = reading(testPool(), { maxReadAheadBytes: 5000 })
    arrive(numbered(4000))
    expect(arrive(numbered(4000, 4000))).toBe(false)
    const lease = reader.read(12_000)
    expect(source.resumed).toBe(1)
    arrive(numbered(4000, 8000))
    expect((await lease)?.buffer.equals(numbered(12_000))).toBe(true)
  })

  it('keeps what had come when the pool is exhausted, stops, and goes on by itself', async () => {
    const pool = testPool(128 * 1024)
    const held = pool.lease(128 * 1024)
    const { arrive, reader, source, intake } = reading(pool)
    expect(arrive(numbered(1000))).toBe(false)
    expect(intake.isStopped).toBe(true)
    expect(reader.tryRead(1000)?.buffer.equals(numbered(1000))).toBe(true)
    await Promise.resolve()
    expect(source.resumed).toBe(0)
    held.release()
    await new Promise(setImmediate)
    expect(source.resumed).toBe(1)
    expect(pool.stats().inUse).toBe(0)
  })

  it('answers a read that spans segments when memory for it came free', async () => {
    const pool = testPool(64 * 1024)
    const { arrive, reader } = reading(pool, { maxReadAheadBytes: 100_000 })
    arrive(numbered(4000))
    arrive(numbered(4000, 4000))
    const held = [32, 16, 8].map((kibibytes) => pool.lease(kibibytes * 1024))
    const read = reader.read(8000)
    await new Promise(setImmediate)
    for (const one of held) one.release()
    const lease = (await read) as Lease<Buffer>
    expect(lease.buffer.equals(numbered(8000))).toBe(true)
    lease.release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('gives the connection up when a read has waited for an exhausted pool for waitMs', async () => {
    const pool = testPool(64 * 1024)
    const held = pool.lease(64 * 1024)
    const { arrive, reader, source } = reading(pool, { waitMs: 5, readBytes: 16_384, maxMessageBytes: 65_536 })
    reader.read(2000).catch(() => {})
    arrive(numbered(1000))
    await expect.poll(() => isPoolError(source.failure, 'ERR_POOL_ACQUIRE_TIMEOUT')).toBe(true)
    held.release()
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'gives the very bytes that came, however they come and are read (seed %i)',
    async (seed) => {
      const random = randomFrom(seed)
      const upTo = (most: number) => 1 + Math.floor(random() ** 3 * most)
      const pool = testPool()
      const { intake, reader, arrive } = reading(pool, { maxReadAheadBytes: 300_000, maxMessageBytes: 1_000_000 })
      const total = 6_000_000
      const all = numbered(total)
      const kept: [Lease<Buffer>, number][] = []
      let came = 0
      let read = 0
      let reading_ = 0
      const check = (lease: Lease<Buffer>) => {
        if (!lease.buffer.equals(all.subarray(read, read + lease.buffer.length))) throw new Error(`other bytes at ${read}`)
        kept.push([lease, read])
        read += lease.buffer.length
        if (kept.length > 20) {
          const [old, at] = kept.splice(Math.floor(random() * kept.length), 1)[0] as [Lease<Buffer>, number]
          if (!old.buffer.equals(all.subarray(at, at + old.buffer.length))) throw new Error(`bytes at ${at} changed while leased`)
          old.release()
        }
      }
      while (read < total) {
        for (let times = upTo(4); times > 0 && came < total && !intake.isStopped; times--) {
          const room = Math.min(intake.armed.length, total - came)
          const count = random() < 0.5 ? room : Math.min(room, upTo(room))
          arrive(all.subarray(came, came + count))
          came += count
          if (came === total) reader.peerEnded()
        }
        const most = Math.min(total - read, 1_000_000)
        const choice = random()
        if (reading_ === 0 && choice < 0.3) {
          reading_++
          const bytes = Math.min(most, upTo(400_000))
          void reader.read(bytes).then((lease) => {
            check(lease as Lease<Buffer>)
            reading_--
          })
        } else if (reading_ === 0 && choice < 0.5) {
          const lease = reader.tryRead(Math.min(most, upTo(100_000)))
          if (lease !== undefined) check(lease)
        } else if (reading_ === 0 && choice < 0.65) {
          const lease = reader.tryReadSome(Math.min(most, upTo(200_000)))
          if (lease !== undefined) check(lease)
        } else if (reading_ === 0 && choice < 0.75) {
          const bytes = Math.min(most, upTo(150_000))
          const view = reader.tryPeek(bytes)
          if (view !== undefined && !view.equals(all.subarray(read, read + bytes))) throw new Error(`other bytes peeked at ${read}`)
        } else if (reading_ === 0 && choice < 0.8) read += reader.trySkip(upTo(50_000))
        else if (reading_ === 0 && choice < 0.9) {
          const delimiter = all.subarray(read + 10, read + 10 + upTo(3))
          const at = all.indexOf(delimiter, read)
          try {
            const lease = reader.tryReadUntil(delimiter)
            if (lease !== undefined) {
              expect(lease.buffer.length).toBe(at + delimiter.length - read)
              check(lease)
            }
          } catch (error) {
            // Near the end, where the delimiter would be none.
            if (delimiter.length > 0) throw error
          }
        }
        await Promise.resolve()
      }
      for (const [lease, at] of kept) {
        expect(lease.buffer.equals(all.subarray(at, at + lease.buffer.length))).toBe(true)
        lease.release()
      }
      reader.close(undefined)
      expect(reader.ended).toBe(true)
      expect(pool.stats().inUse).toBe(0)
      expect(pool.stats().quarantined).toBe(0)
    },
    60_000
  )
})
