import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockPool, type BlockStrategy } from '../../src/index.js'
import { backings } from '../support/backings.js'
import { ByteMap } from '../support/byte-map.js'

const operationsPerRun = 2000
const elements = 3
const blockBytes = elements * Int32Array.BYTES_PER_ELEMENT
/** Enough for four words of a bitmap; the hierarchy's upper levels have tests of their own. */
const blocks = 110

interface Held {
  readonly view: Int32Array
  readonly owner: number
}

/**
 * Pairs of free neighbours that would go out apart, the slow way: by taking everything out, in order, and putting it back as it was.
 * `undefined` when the pool coalesced by itself meanwhile, since what is left free becomes fewer than the pairs allow.
 */
function tornPairs(pool: BlockPool<Int32Array>, isFree: (index: number) => boolean): number | undefined {
  const before = pool.lastCoalescing
  const out: number[] = []
  for (let index = pool.getIndex(); index >= 0; index = pool.getIndex()) out.push(index)
  let pairs = 0
  for (let index = 1; index < blocks; index++) if (isFree(index) && isFree(index - 1)) pairs++
  const joined = out.filter((index, at) => at > 0 && out[at - 1] === index - 1).length
  const order = pool.lastCoalescing === before ? pairs - joined : undefined
  for (const index of out.reverse()) pool.returnBlock(index)
  return order
}

/** One sequence of operations, each an integer, on a pool and on a naive map of its bytes. */
function play(pool: BlockPool<Int32Array>, strategy: BlockStrategy, map: ByteMap, operations: readonly number[]): void {
  const held: Held[] = []
  const freeBlocks = new Set(Array.from({ length: blocks }, (_, index) => index))
  let owners = 0
  const settle = (view: Int32Array) => {
    const held_ = { view, owner: ++owners }
    const first = pool.indexOf(view)
    for (let index = first; index < first + view.length / elements; index++) freeBlocks.delete(index)
    map.give(held_.owner, view.byteOffset, view.byteLength)
    view.fill(held_.owner)
    held.push(held_)
  }
  for (const operation of operations) {
    const kind = operation & 15
    const one = held[(operation >>> 12) % Math.max(1, held.length)]
    if (kind < 6 || one === undefined) {
      const view = pool.getBlock()
      if (view === undefined) {
        if (map.free > 0) expect.fail('nothing was handed out, and blocks are free')
      } else {
        if (strategy === 'address' && pool.indexOf(view) !== Math.min(...freeBlocks)) expect.fail('a lower block was free')
        settle(view)
      }
    } else if (kind === 6) {
      const count = ((operation >>> 4) & 7) + 1
      const view = pool.getBlocks(count)
      if (view !== undefined) settle(view)
      else if (map.longestFree() >= count * blockBytes) expect.fail(`${count} neighbours are free, and were refused`)
    } else if (kind < 15) {
      if (one.view.some((value) => value !== one.owner)) expect.fail('somebody else wrote to a block')
      map.take(one.owner, one.view.byteOffset, one.view.byteLength)
      const index = pool.indexOf(one.view)
      const isRun = one.view.length > elements
      for (let at = index; at < index + one.view.length / elements; at++) freeBlocks.add(at)
      pool.returnBlock((operation & 16) === 0 || isRun ? one.view : index)
      const last = held.pop() as Held
      if (last !== one) held[held.indexOf(one)] = last
    } else {
      const torn = Math.round((pool.getFragmentation() * freeBlocks.size) / 100)
      if (((operation >>> 4) & 7) === 0) {
        const counted = tornPairs(pool, (index) => freeBlocks.has(index))
        if (counted !== undefined) expect(torn).toBe(counted)
      } else {
        expect(pool.coalesce().mendedPairs).toBe(torn)
        expect(pool.getFragmentation()).toBe(0)
      }
    }
    const { free } = pool.verify()
    if (free * blockBytes !== map.free || free !== pool.available || free + pool.inUse !== blocks) expect.fail('blocks were lost')
    if (pool.getFragmentation() > 20) expect.fail('the pool did not coalesce by itself')
  }
  for (const { view } of held) pool.returnBlock(view)
  expect(pool.verify()).toEqual({ free: blocks, runs: 1, longest: blocks })
  pool.coalesce()
}

describe('BlockPool behaves as a naive byte map after each operation', () => {
  for (const strategy of ['address', 'lifo'] as const) {
    for (const backing of backings) {
      it(`in ${backing.name}, ${strategy}, ${backing.operations} operations`, { timeout: 300_000 }, () => {
        const bytes = blocks * blockBytes
        const pool = new BlockPool({ type: Int32Array, shape: elements, blocks, strategy, backing: backing.open(bytes) })
        const operations = fc.array(fc.nat(2 ** 31 - 1), { minLength: operationsPerRun, maxLength: operationsPerRun, size: 'max' })
        fc.assert(
          fc.property(operations, (sequence) => play(pool, strategy, new ByteMap(pool.offsetOf(0), bytes), sequence)),
          { numRuns: Math.ceil(backing.operations / operationsPerRun), endOnFailure: true }
        )
      })
    }
  }
})
