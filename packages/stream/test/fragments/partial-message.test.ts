import { SizeClassPool } from '@pool/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartialMessage } from '../../src/fragments/partial-message.js'
import { patterned, shuffled } from '../support/fragments.js'
import { randomFrom } from '../support/random.js'

const pool = new SizeClassPool()

describe('PartialMessage', () => {
  it('holds at most twice what arrived, gives every piece back as it came, and asks for what it foretold', () => {
    const shapes = fc.tuple(fc.integer({ min: 2, max: 300_000 }), fc.integer({ min: 1, max: 60_000 }), fc.nat())
    fc.assert(
      fc.property(shapes, ([totalBytes, wanted, seed]) => {
        // Not more than some hundred pieces, to be quick.
        const pieceBytes = Math.min(Math.max(wanted, Math.ceil(totalBytes / 200)), totalBytes - 1)
        const bytes = patterned(totalBytes, seed)
        const message = new PartialMessage({ messageId: 1n, totalBytes, pieceBytes, index: 0, checksum: 0 }, undefined, 0, pool)
        const count = Math.ceil(totalBytes / pieceBytes)
        const order = shuffled(
          Array.from({ length: count }, (_, index) => index),
          randomFrom(seed)
        )
        for (const index of order) {
          expect(message.piece(index)).toBeUndefined()
          expect(message.complete).toBe(false)
          const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes)
          const foretold = message.heldBytesWith(piece.length)
          message.store(index, piece)
          expect(message.piece(index)?.equals(piece)).toBe(true)
          expect(message.heldBytes).toBeLessThanOrEqual(2 * message.receivedBytes)
          expect(message.heldBytes).toBeGreaterThanOrEqual(message.receivedBytes)
          if (!message.complete) expect(message.heldBytes).toBe(foretold)
        }
        expect(message.receivedBytes).toBe(totalBytes)
        expect(message.receivedFragments).toBe(count)
        for (const index of order) {
          expect(message.piece(index)?.equals(bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes))).toBe(true)
        }
        expect(message.complete).toBe(true)
        const lease = message.take()
        expect(lease.buffer.equals(bytes)).toBe(true)
        lease.release()
        expect(pool.stats().inUse).toBe(0)
      })
    )
  })

  it('copies no byte more than twice, and half of them once', () => {
    let copied = 0
    const counting = new Proxy(new SizeClassPool(), {
      get: (target, name) => {
        if (name !== 'lease') return Reflect.get(target, name, target)
        return (bytes: number) => {
          const lease = target.lease(bytes)
          countSets(lease.buffer)
          return lease
        }
      }
    })
    /** Counts what is written to this memory, views of it included. */
    function countSets(buffer: Buffer): void {
      buffer.set = (from: ArrayLike<number>, at?: number) => {
        copied += from.length
        Buffer.prototype.set.call(buffer, from, at)
      }
      buffer.subarray = (start?: number, end?: number) => {
        const view = Buffer.prototype.subarray.call(buffer, start, end)
        countSets(view)
        return view
      }
    }
    const totalBytes = 100_000
    const message = new PartialMessage({ messageId: 1n, totalBytes, pieceBytes: 1000, index: 0, checksum: 0 }, undefined, 0, counting)
    const bytes = patterned(totalBytes)
    for (let index = 99; index >= 0; index--) message.store(index, bytes.subarray(index * 1000, index * 1000 + 1000))
    const lease = message.take()
    expect(lease.buffer.equals(bytes)).toBe(true)
    expect(copied).toBe(149_000)
    lease.release()
  })

  it('gives its memory back in either half', () => {
    for (const count of [1, 3, 5, 9]) {
      const message = new PartialMessage({ messageId: 1n, totalBytes: 1000, pieceBytes: 100, index: 0, checksum: 0 }, undefined, 0, pool)
      for (let index = 0; index < count; index++) message.store(index, patterned(100))
      expect(pool.stats().inUse).toBeGreaterThan(0)
      message.release()
      expect(pool.stats().inUse).toBe(0)
    }
  })
})
