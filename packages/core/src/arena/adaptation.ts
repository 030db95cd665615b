import { adaptedSizes, demandOf, wasteRatio } from '../advising/adapted-sizes.js'
import type { EventHub } from '../kit/observing/event-hub.js'
import type { FormerClasses } from './former-classes.js'
import type { SizeClass } from './size-class.js'
import type { SizeClassTable } from './size-class-table.js'
import type { SizeSamples } from './size-samples.js'
import type { Eviction, Stock } from './stock.js'

/** The parts of the pool that an {@link Adaptation} reads and changes. */
export interface AdaptingPool {
  readonly name: string
  readonly closed: boolean
  readonly classes: SizeClass[]
  readonly former: FormerClasses
  sizes: readonly number[]
  readonly table: SizeClassTable<SizeClass>
  readonly samples: SizeSamples | undefined
  readonly stock: Stock
  readonly queue: { readonly size: number }
  readonly events: EventHub
  newClass(bufferSize: number): SizeClass
  warm(sizeClass: SizeClass, count: number): number
  emitEvictions(evicted: readonly Eviction[]): void
  waitingChanged(): void
}

/** Gives a pool the size classes that fit its recent requests. */
export class Adaptation {
  readonly #pool: AdaptingPool
  readonly #firstSizes: readonly number[]

  /** @param firstSizes - bytes of the classes that the pool began with, and keeps */
  constructor(pool: AdaptingPool, firstSizes: readonly number[]) {
    this.#pool = pool
    this.#firstSizes = firstSizes
  }

  /**
   * Chooses the size classes anew; returns whether it changed any. Not while acquires wait, since they wait in a class. Buffers of a class that goes
   * are discarded when they come back.
   */
  run(): boolean {
    const pool = this.#pool
    const { samples, events } = pool
    if (samples === undefined || pool.closed || pool.queue.size > 0 || !pool.stock.mayGrow) return false
    const histogram = samples.read()
    samples.fade()
    const sizes = adaptedSizes(histogram, this.#firstSizes)
    if (sizes === undefined) return false
    const formerSizes = pool.sizes
    const demand = demandOf(histogram, sizes, pool.classes)
    const evicted = this.#change(sizes)
    // Listeners are called from here on; the new classes are already in place.
    pool.emitEvictions(evicted)
    for (const [index, sizeClass] of [...pool.classes].entries()) {
      if (!pool.closed) pool.warm(sizeClass, (demand[index] as number) - sizeClass.inUse)
    }
    const { optimization } = events
    if (optimization.heard) {
      const { buckets } = histogram
      const [wasteBefore, wasteAfter] = [wasteRatio(buckets, formerSizes), wasteRatio(buckets, sizes)]
      optimization.emit({ pool: pool.name, sizes, formerSizes, wasteBefore, wasteAfter })
    }
    return true
  }

  /** Replaces the pool's classes by classes of `sizes`; returns the idle buffers of the classes that go. */
  #change(sizes: readonly number[]): Eviction[] {
    const pool = this.#pool
    const { classes, former, stock } = pool
    const before = [...classes]
    const next = sizes.map((size) => before.find(({ bufferSize }) => bufferSize === size) ?? former.take(size) ?? pool.newClass(size))
    const evicted: Eviction[] = []
    for (const sizeClass of before) {
      if (next.includes(sizeClass)) continue
      const count = stock.trim(sizeClass, sizeClass.free.length)
      if (count > 0) evicted.push({ sizeClass, count })
      sizeClass.setQuota(0)
      former.add(sizeClass)
    }
    // In place, since the stock, the caretaker and the samples go through this very list.
    classes.splice(0, classes.length, ...next)
    pool.sizes = sizes
    pool.table.fill(next)
    pool.samples?.begin()
    pool.waitingChanged()
    return evicted
  }
}
