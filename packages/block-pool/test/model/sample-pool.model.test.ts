import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SamplePool, Slab } from '../../src/index.js'
import { ByteMap } from '../support/byte-map.js'
import { operationsOf } from '../support/operations.js'

const operationsPerRun = 2000
const buckets = [16, 40, 64] as const
const blocks = 8
const maxBlocks = 24

type Strategy = 'exact' | 'spill' | 'adaptive'

interface Held {
  readonly view: Float32Array
  readonly owner: number
}

/** One sequence of operations, each an integer, on a pool and on a naive map of its bytes. */
function play(strategy: Strategy, order: 'address' | 'lifo', operations: readonly number[]): void {
  // Room for all that the buckets may ever have, so that only the pool's own bounds refuse.
  const slab = new Slab({ bytes: 16_384 })
  const pool = new SamplePool({ buckets: [...buckets], blocks, maxBlocks, strategy, order, backing: slab })
  const map = new ByteMap(0, slab.byteLength)
  const held: Held[] = []
  const inUse = new Map<number, number>(buckets.map((samples) => [samples, 0]))
  let owners = 0
  let taken = 0
  let refused = 0

  const take = (samples: number): void => {
    const fitting = buckets.find((size) => size >= samples) as number
    const view = pool.acquire(samples)
    if (view === undefined) {
      if ((inUse.get(fitting) as number) < maxBlocks) expect.fail(`${samples} samples were refused, and their bucket may have more`)
      return
    }
    if (view.length < fitting || (strategy === 'exact' && view.length !== fitting)) expect.fail(`${view.length} samples for ${samples}`)
    const one = { view, owner: ++owners }
    map.give(one.owner, view.byteOffset, view.byteLength)
    view.fill(one.owner)
    inUse.set(view.length, (inUse.get(view.length) as number) + 1)
    held.push(one)
    taken++
  }

  const giveBack = (one: Held): void => {
    const { view, owner } = one
    if (view[0] !== owner || view[view.length - 1] !== owner) expect.fail('another owner wrote to a buffer')
    map.take(owner, view.byteOffset, view.byteLength)
    pool.release(view)
    inUse.set(view.length, (inUse.get(view.length) as number) - 1)
    const last = held.pop() as Held
    if (last !== one) held[held.indexOf(one)] = last
  }

  const misuse = (kind: number, one: Held | undefined): void => {
    const wrong = [new Float32Array(16), one?.view.subarray(0), null, {}][kind & 3]
    if (wrong === undefined) return
    expect(() => pool.release(wrong as Float32Array)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FOREIGN_BUFFER' }))
    refused++
    if (one === undefined) return
    giveBack(one)
    expect(() => pool.release(one.view)).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
    refused++
  }

  const check = (): void => {
    pool.verify()
    const stats = pool.stats()
    if (stats.acquisitions !== taken || stats.releases !== taken - held.length || stats.refusedReleases !== refused) {
      expect.fail(`${stats.acquisitions} acquisitions, ${stats.releases} releases, ${stats.refusedReleases} refused`)
    }
    for (const { bufferSize, total, inUse: out, available } of stats.sizeClasses) {
      if (out !== inUse.get(bufferSize / 4) || total !== out + available) expect.fail(`${out} buffers of ${bufferSize} bytes are in use`)
      if (total % blocks !== 0 || total < blocks || total > maxBlocks) expect.fail(`${total} buffers of ${bufferSize} bytes`)
    }
  }

  for (const operation of operations) {
    const kind = operation & 31
    const size = ((operation >>> 5) % 64) + 1
    const one = held[(operation >>> 12) % Math.max(1, held.length)]
    if (kind < 14) take(size)
    else if (kind < 26) one === undefined || giveBack(one)
    else if (kind === 26) misuse(operation >>> 5, one)
    else if (kind === 27) {
      // Many at once, or the buckets would hardly ever be full.
      for (let count = 0; count < 40; count++) take(size)
    } else if (kind === 28) while (held.length > 4) giveBack(held.at(-1) as Held)
    else if (kind === 29) {
      const free = slab.freeBytes
      if (pool.contract() > 0 && slab.freeBytes <= free) expect.fail('the slab did not get what the pool gave up')
    } else if (kind === 30) pool.coalesce()
    else if (pool.warm(size, size % maxBlocks) < Math.min(size % maxBlocks, maxBlocks - (inUse.get(bucketOf(size)) as number))) {
      expect.fail('fewer buffers lie free than the pool was to have')
    }
    check()
  }
  while (held.length > 0) giveBack(held[0] as Held)
  pool.contract()
  expect(pool.stats().total).toBe(buckets.length * blocks)
  expect(map.free).toBe(slab.byteLength)
  pool.destroy()
  expect(slab.freeBytes).toBe(slab.byteLength)
}

function bucketOf(samples: number): number {
  return buckets.find((size) => size >= samples) as number
}

describe('SamplePool behaves as a naive byte map after each operation', () => {
  for (const strategy of ['exact', 'spill', 'adaptive'] as const) {
    for (const order of ['address', 'lifo'] as const) {
      // The others are rules that the adaptive pool changes between.
      const total = operationsOf(strategy === 'adaptive' ? 1_000_000 : 200_000)
      it(`${strategy}, ${order}, ${total} operations`, { timeout: 600_000 }, () => {
        const operations = fc.array(fc.nat(2 ** 31 - 1), { minLength: operationsPerRun, maxLength: operationsPerRun, size: 'max' })
        fc.assert(
          fc.property(operations, (sequence) => play(strategy, order, sequence)),
          { numRuns: Math.ceil(total / operationsPerRun), endOnFailure: true }
        )
      })
    }
  }
})
