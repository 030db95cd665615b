import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExtentPool } from '../../src/index.js'
import { backings } from '../support/backings.js'
import { ByteMap } from '../support/byte-map.js'

const bytes = 2048
const alignment = 16
const operationsPerRun = 2000

interface Held {
  handle: number
  bytes: number
  readonly owner: number
  pins: number
}

/** One sequence of operations, each an integer, on a pool and on a naive map of its bytes. */
function play(pool: ExtentPool, map: ByteMap, operations: readonly number[]): void {
  const held: Held[] = []
  let owners = 0
  const rounded = (size: number) => Math.ceil(size / alignment) * alignment
  const contents = (extent: Held) => pool.view(extent.handle)
  const checkContents = (extent: Held, length: number) => {
    const view = contents(extent)
    // The first and the last byte, since whoever overlaps would have written one of them or lie within, where the map catches it.
    if (view[0] !== (extent.owner & 255) || view[length - 1] !== (extent.owner & 255)) expect.fail('somebody else wrote to an extent')
  }
  for (const operation of operations) {
    const kind = operation & 15
    const size = ((operation >>> 4) & 255) + 1
    const extent = held[(operation >>> 12) % Math.max(1, held.length)]
    if (kind < 7 || extent === undefined) {
      const handle = pool.allocate(size)
      if (handle === undefined) {
        if (map.longestFree() >= rounded(size)) expect.fail(`${size} bytes were refused, and ${map.longestFree()} lie free in a row`)
      } else {
        const fresh = { handle, bytes: size, owner: ++owners, pins: 0 }
        map.give(fresh.owner, pool.offsetOf(handle), rounded(size))
        contents(fresh).fill(fresh.owner & 255)
        held.push(fresh)
      }
    } else if (kind < 13) {
      checkContents(extent, extent.bytes)
      if (extent.pins > 0) {
        expect(() => pool.free(extent.handle)).toThrow(expect.objectContaining({ code: 'ERR_POOL_PINNED' }))
        pool.unpin(extent.handle)
        extent.pins--
      } else {
        map.take(extent.owner, pool.offsetOf(extent.handle), rounded(extent.bytes))
        pool.free(extent.handle)
        const last = held.pop() as Held
        if (last !== extent) held[held.indexOf(extent)] = last
      }
    } else if (kind === 13) {
      const offset = pool.offsetOf(extent.handle)
      const givesUp = extent.pins > 0 && rounded(size) < rounded(extent.bytes)
      if (givesUp) expect(() => pool.reallocate(extent.handle, size)).toThrow(expect.objectContaining({ code: 'ERR_POOL_PINNED' }))
      const handle = givesUp ? undefined : pool.reallocate(extent.handle, size)
      if (handle !== undefined) {
        map.take(extent.owner, offset, rounded(extent.bytes))
        if (extent.pins > 0) expect(pool.offsetOf(handle)).toBe(offset)
        map.give(extent.owner, pool.offsetOf(handle), rounded(size))
        extent.handle = handle
        checkContents(extent, Math.min(size, extent.bytes))
        extent.bytes = size
        contents(extent).fill(extent.owner & 255)
      }
    } else if (kind === 14) {
      pool.pin(extent.handle)
      extent.pins++
    } else {
      const before = held.map(({ handle }) => pool.offsetOf(handle))
      expect(pool.compact().done).toBe(true)
      held.forEach((one, at) => {
        map.take(one.owner, before[at]!, rounded(one.bytes))
        if (one.pins > 0 && pool.offsetOf(one.handle) !== before[at]) expect.fail('a pinned extent moved')
      })
      for (const one of held) {
        map.give(one.owner, pool.offsetOf(one.handle), rounded(one.bytes))
        checkContents(one, one.bytes)
      }
      if (held.every(({ pins }) => pins === 0)) expect(pool.largestFreeBytes).toBe(map.free)
    }
    const audit = pool.verify()
    if (audit.used !== held.length || audit.freeUnits * alignment !== map.free) expect.fail('bytes were lost')
  }
  for (const { handle, pins } of held) {
    for (let pin = 0; pin < pins; pin++) pool.unpin(handle)
    pool.free(handle)
  }
  expect(pool.verify()).toEqual({ used: 0, free: 1, freeUnits: bytes / alignment })
}

describe('ExtentPool behaves as a naive byte map after each operation', () => {
  for (const backing of backings) {
    it(`in ${backing.name}, ${backing.operations} operations`, { timeout: 300_000 }, () => {
      const pool = new ExtentPool({ bytes, alignment, backing: backing.open(bytes) })
      const [first] = [pool.allocate(1) as number]
      const start = pool.offsetOf(first)
      pool.free(first)
      const operation = fc.nat(2 ** 31 - 1)
      const operations = fc.array(operation, { minLength: operationsPerRun, maxLength: operationsPerRun, size: 'max' })
      fc.assert(
        fc.property(operations, (sequence) => {
          // A pool of its own where a sequence failed and is being shortened would differ; all of them leave the pool empty.
          play(pool, new ByteMap(start, bytes), sequence)
        }),
        { numRuns: Math.ceil(backing.operations / operationsPerRun), endOnFailure: true }
      )
    })
  }
})
