import { isPoolError } from '@pool/core/interfaces'
import { describe, expect, it } from 'vitest'
import { BlockPool, ExtentPool, SamplePool, Slab, type SlabPool, type SlabPoolEvents } from '../../src/index.js'
import { operationsOf } from '../support/operations.js'

/** A pool under test, and how to use it. */
interface Subject<H> {
  readonly pool: SlabPool
  readonly slab: Slab
  take(size: number): H | undefined
  give(held: H): void
  upkeep(kind: number): void
  bytesOf(held: H): Uint8Array
}

type Maker = () => Subject<never>

const maker = <H>(make: () => Subject<H>): Maker => make as unknown as Maker
const bytesOfView = (view: Float32Array) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

const subjects: Record<string, Maker> = {
  'BlockPool, address': maker(() => blocks('address')),
  'BlockPool, lifo': maker(() => blocks('lifo')),
  ExtentPool: maker(() => {
    const slab = new Slab({ bytes: 8192 })
    const pool = new ExtentPool({ bytes: 2048, maxBytes: 8192, maxExtents: 60, backing: slab, compactAbove: 20 })
    return {
      pool,
      slab,
      take: (size) => pool.extent((size % 300) + 1),
      give(extent) {
        if (extent.byteLength % 7 === 0 && !pool.closed) extent.resize(20)
        extent.release()
      },
      upkeep: () => pool.compact(),
      bytesOf: (extent) => extent.view()
    }
  }),
  'SamplePool, address': maker(() => samples('address')),
  'SamplePool, lifo': maker(() => samples('lifo'))
}

function blocks(strategy: 'address' | 'lifo'): Subject<Float32Array> {
  const slab = new Slab({ bytes: 48 * 16 })
  const pool = new BlockPool({ type: Float32Array, shape: 4, blocks: 48, strategy, backing: slab })
  return {
    pool,
    slab,
    take: (size) => (size % 5 === 0 ? pool.getBlocks((size % 4) + 1) : pool.getBlock()),
    give: (view) => pool.returnBlock(view),
    upkeep: () => pool.coalesce(),
    bytesOf: bytesOfView
  }
}

function samples(order: 'address' | 'lifo'): Subject<Float32Array> {
  const slab = new Slab({ bytes: 2 * 64 * 24 * 4 })
  const pool = new SamplePool({ buckets: [16, 32], blocks: 8, maxBlocks: 32, order, backing: slab })
  return {
    pool,
    slab,
    take: (size) => pool.acquire((size % 32) + 1),
    give: (view) => pool.release(view),
    upkeep: (kind) =>
      [() => pool.contract(), () => pool.coalesce(), () => pool.closed || pool.expand(16), () => pool.closed || pool.warm(32, 9)][
        kind % 4
      ]!(),
    bytesOf: bytesOfView
  }
}

/** Random integers below 2^31 - 1; the same ones in each run. */
function randomIntegers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647)
}

const events = ['allocation', 'recycling', 'optimization', 'fragmentation', 'exhausted', 'destroy'] as const

/** Random operations on pools of one kind, whose listeners take, give back, put in order and destroy in turn. Returns the events that were emitted. */
function play(make: Maker, operations: number, seed: number): Set<keyof SlabPoolEvents> {
  const random = randomIntegers(seed)
  const emitted = new Set<keyof SlabPoolEvents>()
  let left = operations
  while (left > 0) {
    const subject = make()
    const { pool, slab } = subject
    const held: { readonly memory: never; readonly mark: number }[] = []
    let depth = 0
    let lifetime = 400 + (random() % 4000)
    const step = () => {
      left--
      lifetime--
      const kind = random() % 100
      if (kind < 47) {
        const memory = takeUnlessClosed()
        if (memory === undefined) return
        const mark = random() & 255
        subject.bytesOf(memory).fill(mark)
        held.push({ memory, mark })
      } else if (kind < 94) {
        const at = random() % Math.max(1, held.length)
        const [one] = held.splice(at, 1)
        if (one === undefined) return
        const bytes = subject.bytesOf(one.memory)
        if (bytes[0] !== one.mark || bytes[bytes.length - 1] !== one.mark) expect.fail('two owners share bytes')
        subject.give(one.memory)
      } else if (kind < 99) subject.upkeep(random())
      else if (lifetime < 0) pool.destroy()
    }
    const takeUnlessClosed = () => {
      if (!pool.closed) return subject.take(random())
      try {
        subject.take(random())
      } catch (error) {
        if (isPoolError(error, 'ERR_POOL_CLOSED')) return undefined
        throw error
      }
      return expect.fail('a pool that was destroyed handed memory out')
    }
    for (const event of events) {
      pool.on(event, ({ pool: name, priority }) => {
        emitted.add(event)
        if (name !== pool.name || priority === undefined) errors.push(new Error(`${event} lacks its pool or its priority`))
        if (depth >= 3 || random() % 3 !== 0) return
        depth++
        try {
          step()
        } catch (error) {
          errors.push(error)
        }
        depth--
      })
    }
    const errors: unknown[] = []
    while (left > 0 && !(pool.closed && held.length === 0)) {
      step()
      if (errors.length > 0) throw errors[0]
      pool.verify()
      const stats = pool.stats()
      if (stats.acquisitions - stats.releases !== stats.inUse || stats.inUseBytes + stats.idleBytes !== stats.liveBytes)
        expect.fail('figures do not add up')
      if (!pool.closed && held.length > 0 && stats.inUse === 0) expect.fail('memory that is out is not counted')
    }
    pool.destroy()
    for (const { memory } of held.splice(0)) subject.give(memory)
    if (slab.freeBytes !== slab.byteLength) expect.fail('the slab did not get its memory back')
  }
  return emitted
}

describe('listeners that take, give back, put in order and destroy break nothing', () => {
  for (const [name, make] of Object.entries(subjects)) {
    const operations = operationsOf(1_000_000)
    it(`${name}, ${operations} operations`, { timeout: 600_000 }, () => {
      const emitted = play(make, operations, 11)
      const never = name.includes('address') ? ['fragmentation'] : []
      expect(events.filter((event) => !emitted.has(event))).toEqual(never)
    })
  }
})
