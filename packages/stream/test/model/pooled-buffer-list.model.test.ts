import { type Lease, SizeClassPool } from '@pool/core'
import { PooledBufferList } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { operationsOf } from '../support/operations.js'
import { randomFrom } from '../support/random.js'

const mostBytes = 20_000
const operations = operationsOf(1_000_000)

/** A list, and what it has to have. */
interface Pair {
  readonly list: PooledBufferList
  flat: Buffer
}

describe('PooledBufferList', () => {
  it.each([1, 2])(`is equal to a flat Buffer after each of ${operations / 2} random operations (seed %i)`, { timeout: 900_000 }, (seed) => {
    const random = randomFrom(seed)
    const below = (count: number) => Math.floor(random() * count)
    const pool = new SizeClassPool({ minClassBytes: 64, maxLiveBytes: 4 * 1024 * 1024 })
    const made = (): Pair => ({
      list: new PooledBufferList({ pool, segmentBytes: 256 * (1 + below(4)), maxBytes: mostBytes }),
      flat: Buffer.alloc(0)
    })
    const pairs = [made(), made(), made()]
    /** Leases that were given out, and what they have to have until they are released. */
    const given: { readonly lease: Lease<Buffer>; readonly bytes: Buffer }[] = []
    const lengthOf = () => (below(20) === 0 ? below(3000) : below(100))
    const bytesOf = (length: number) => Buffer.from(Array.from({ length }, () => below(4)))
    const rangeOf = ({ flat }: Pair): [number, number] => {
      const start = below(flat.length + 1)
      return [start, start + below(flat.length - start + 1)]
    }
    const leaseOf = (bytes: Buffer) => {
      const lease = pool.lease(Math.max(1, bytes.length))
      bytes.copy(lease.buffer)
      return lease
    }
    const give = (lease: Lease<Buffer>, bytes: Buffer) => {
      expect(lease.buffer.equals(bytes)).toBe(true)
      given.push({ lease, bytes: Buffer.from(bytes) })
    }
    const add = (pair: Pair, bytes: Buffer, how: (bytes: Buffer) => unknown) => {
      if (pair.flat.length + bytes.length <= mostBytes) {
        how(bytes)
        pair.flat = Buffer.concat([pair.flat, bytes])
        return
      }
      expect(() => how(bytes)).toThrow(expect.objectContaining({ code: 'ERR_POOL_LIST_FULL' }))
    }
    const take = (pair: Pair, bytes: number) => {
      pair.list.consume(bytes)
      pair.flat = pair.flat.subarray(bytes)
    }
    const takeOut = (pair: Pair) => {
      for (const lease of pair.list.takeLeases()) {
        give(lease, pair.flat.subarray(0, lease.buffer.length))
        pair.flat = pair.flat.subarray(lease.buffer.length)
      }
      expect(pair.flat.length).toBe(0)
    }
    const text = () => 'aß€😀'.repeat(below(below(10) === 0 ? 200 : 5))

    const actions: ((pair: Pair, other: Pair) => void)[] = [
      (pair) => add(pair, bytesOf(lengthOf()), (bytes) => pair.list.write(bytes)),
      (pair) => add(pair, Buffer.from(text()), (bytes) => pair.list.write(bytes.toString())),
      (pair) => add(pair, bytesOf(lengthOf()), (bytes) => pair.list.append(bytes)),
      (pair) =>
        add(pair, bytesOf(1 + lengthOf()), (bytes) => {
          const lease = leaseOf(bytes)
          try {
            pair.list.append(lease)
          } finally {
            lease[Symbol.dispose]()
          }
        }),
      (pair, other) => add(pair, other.flat, () => pair.list.write(other.list)),
      (pair, other) => {
        if (pair === other) return
        const isTaken = pair.flat.length + other.flat.length <= mostBytes
        add(pair, other.flat, () => pair.list.append(other.list))
        if (isTaken) other.flat = Buffer.alloc(0)
      },
      (pair) =>
        add(pair, bytesOf(1 + lengthOf()), (bytes) => {
          const more = pair.flat.length + bytes.length < mostBytes ? 1 : 0
          pair.list.reserve(bytes.length + more).set(bytes)
          pair.list.commit(bytes.length)
        }),
      (pair) => take(pair, below(3) === 0 ? below(pair.flat.length + 1) : Math.min(pair.flat.length, below(60))),
      (pair) => {
        const range = rangeOf(pair)
        give(pair.list.slice(...range), pair.flat.subarray(...range))
      },
      (pair) => give(pair.list.contiguous(), pair.flat),
      (pair) => takeOut(pair),
      (pair) => {
        const bytes = bytesOf(1 + lengthOf())
        if (pair.flat.length + bytes.length > mostBytes) return
        const memory = pair.list.reserve(bytes.length)
        const meanwhile = below(4)
        if (meanwhile === 0) takeOut(pair)
        else if (meanwhile === 1) take(pair, below(pair.flat.length + 1))
        else if (meanwhile === 2) give(pair.list.contiguous(), pair.flat)
        memory.set(bytes)
        pair.list.commit(bytes.length)
        pair.flat = Buffer.concat([pair.flat, bytes])
      },
      (pair, other) => {
        const range = rangeOf(pair)
        const shared = { list: pair.list.shallowSlice(...range), flat: Buffer.from(pair.flat.subarray(...range)) }
        other.list.close()
        pairs[pairs.indexOf(other)] = shared
      },
      (_, other) => {
        other.list.close()
        pairs[pairs.indexOf(other)] = made()
      },
      (pair) => {
        const needle = bytesOf(1 + below(5))
        const from = below(pair.flat.length + 1)
        expect(pair.list.indexOf(needle, from)).toBe(pair.flat.indexOf(needle, from))
      },
      (pair) => {
        if (pair.flat.length < 4) return
        const offset = below(pair.flat.length - 3)
        expect([pair.list.get(offset), pair.list.readInt32LE(offset)]).toEqual([pair.flat[offset], pair.flat.readInt32LE(offset)])
      },
      (pair) => {
        const range = rangeOf(pair)
        expect(pair.list.toString('latin1', ...range)).toBe(pair.flat.toString('latin1', ...range))
        const target = Buffer.alloc(below(200), 9)
        const expected = Buffer.from(target)
        const at = below(target.length + 1)
        const copied = pair.flat.copy(expected, at, ...range)
        expect(pair.list.copy(target, at, ...range)).toBe(copied)
        expect(target.equals(expected)).toBe(true)
      },
      (pair, other) => expect(pair.list.equals(other.list)).toBe(pair.flat.equals(other.flat))
    ]
    for (let done = 0; done < operations / 2; done++) {
      const pair = pairs[below(3)] as Pair
      const other = pairs[below(3)] as Pair
      ;(actions[below(actions.length)] as (typeof actions)[number])(pair, other)
      for (const { list, flat } of pairs)
        if (list.length !== flat.length || !list.equals(flat)) throw new Error(`differs after ${done + 1}`)
      while (given.length > 20 || (given.length > 0 && below(4) === 0)) {
        const [one] = given.splice(below(given.length), 1)
        if (one === undefined || !one.lease.buffer.equals(one.bytes)) throw new Error('a lease that was given has other bytes')
        one.lease.release()
      }
    }
    for (const { list } of pairs) list.close()
    for (const { lease } of given) lease.release()
    expect(pool.stats()).toMatchObject({ inUse: 0, leaked: 0, quarantined: 0 })
    pool.destroy()
  })
})
