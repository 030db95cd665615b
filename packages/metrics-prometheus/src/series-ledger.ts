import type { FiguresSource, StatsSource } from '@pool/core/interfaces'
import { classFamilies } from './class-families.js'
import type { Family } from './family.js'
import type { FigureSeries } from './figure-families.js'
import { poolFamilies } from './pool-families.js'
import type { Reading } from './reading.js'

/** One set of labels, and its figures in the order of the families that it has samples in; NaN where it has none. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly figures: Float64Array
}

/** The series of all pools, and of all sources of other figures, at one moment. */
export interface Snapshot {
  readonly pools: readonly Series[]
  readonly classes: readonly Series[]
  /** By the family that they belong to. */
  readonly others: ReadonlyMap<Family, readonly Series[]>
}

/** The most series that are remembered after their pool has gone. */
const retiredLimit = 4096

interface Account {
  readonly labels: Readonly<Record<string, string>>
  readonly families: readonly Family[]
  figures: Float64Array
  round: number
  /** The round in which the account was opened. */
  readonly openedIn: number
  /**
   * The counts from before the first page that has the series; the next page shows them. `increase()` and `rate()` see no increase in a series
   * that begins above 0, so that a leak before the first scrape would never raise its alert.
   */
  withheld: Float64Array | undefined
}

/**
 * Adds up the counts of pools, so that no counter ever falls: neither when a pool is destroyed and made again under its name,
 * nor when one of two pools of the same name goes. It remembers the last counts of each pool, and adds the increase since.
 */
export class SeriesLedger {
  readonly #accounts = new Map<string, Account>()
  readonly #seen = new WeakMap<StatsSource, Reading>()
  readonly #seenOthers = new WeakMap<FiguresSource, ReadonlyMap<string, Float64Array>>()
  #round = 0

  /** Starts a round: a series that is not added in it is absent from its snapshot. */
  begin(): void {
    this.#round++
  }

  /** Enters the figures of a pool in this round. */
  add(source: StatsSource, reading: Reading): void {
    const { figures, rows } = reading
    const seen = this.#seen.get(source)
    this.#enter(this.#accountOf(reading, undefined), figures, seen?.figures)
    rows.forEach((row, index) => {
      let before = seen?.rows[index]
      // A class that was added in between moves the rows behind it.
      if (before?.sizeClass !== row.sizeClass) before = seen?.rows.find(({ sizeClass }) => sizeClass === row.sizeClass)
      this.#enter(this.#accountOf(reading, row.sizeClass), row.figures, before?.figures)
    })
    this.#seen.set(source, reading)
  }

  /** Enters the figures of another source in this round. */
  addFigures(source: FiguresSource, all: readonly FigureSeries[]): void {
    const before = this.#seenOthers.get(source)
    const seen = new Map<string, Float64Array>()
    for (const { key, labels, families, figures } of all) {
      seen.set(key, figures)
      this.#enter(
        this.#account(key, families, () => labels),
        figures,
        before?.get(key)
      )
    }
    this.#seenOthers.set(source, seen)
  }

  /** Ends the round. The snapshot does not change when later rounds do. */
  end(): Snapshot {
    const [pools, classes, others] = [[] as Series[], [] as Series[], new Map<Family, Series[]>()]
    let retired = 0
    for (const { labels, families, figures, round } of this.#accounts.values()) {
      if (round !== this.#round) retired++
      else if (families === poolFamilies) pools.push({ labels, figures })
      else if (families === classFamilies) classes.push({ labels, figures })
      else {
        const [family] = families as [Family]
        const series = others.get(family)
        if (series === undefined) others.set(family, [{ labels, figures }])
        else series.push({ labels, figures })
      }
    }
    this.#forget(retired - retiredLimit)
    return { pools, classes, others }
  }

  #accountOf({ name: pool, kind }: Reading, sizeClass: string | undefined): Account {
    // Sizes have no line break in them, and the kind's length ends it, so that no name can be taken for another.
    const key = `${sizeClass ?? ''}\n${kind.length}\n${kind}${pool}`
    return sizeClass === undefined
      ? this.#account(key, poolFamilies, () => ({ pool, kind }))
      : this.#account(key, classFamilies, () => ({ pool, kind, size_class: sizeClass }))
  }

  #account(key: string, families: readonly Family[], labelsOf: () => Series['labels']): Account {
    let account = this.#accounts.get(key)
    if (account === undefined) {
      const withheld = new Float64Array(families.length)
      const figures = new Float64Array(families.length).fill(Number.NaN)
      account = { labels: Object.freeze(labelsOf()), families, figures, round: 0, openedIn: this.#round, withheld }
      this.#accounts.set(key, account)
    }
    return account
  }

  #enter(account: Account, figures: Float64Array, seen: Float64Array | undefined): void {
    const { families, figures: before } = account
    const isNew = account.round !== this.#round
    // A copy, since a page may still show the last one.
    const after = isNew ? new Float64Array(families.length) : before
    const { withheld, openedIn } = account
    const isFirst = openedIn === this.#round
    for (let index = 0; index < after.length; index++) {
      const { type, combine } = families[index] as Family
      const figure = figures[index] as number
      // Counts from before this round stay; other figures are of this round alone.
      const held = isNew && type !== 'counter' ? Number.NaN : (before[index] as number)
      let added = type === 'counter' ? growth(figure, seen?.[index]) : figure
      if (type === 'counter' && withheld !== undefined) {
        const kept = withheld[index] as number
        if (isFirst && !Number.isNaN(added)) {
          withheld[index] = kept + added
          added = 0
        } else if (kept > 0) added = Number.isNaN(added) ? kept : kept + added
      }
      if (Number.isNaN(added)) after[index] = held
      else if (Number.isNaN(held)) after[index] = added
      else after[index] = combine === 'sum' ? held + added : Math[combine](held, added)
    }
    if (!isFirst) account.withheld = undefined
    account.figures = after
    account.round = this.#round
  }

  #forget(count: number): void {
    for (const [key, { round }] of this.#accounts) {
      if (count <= 0) return
      if (round === this.#round) continue
      this.#accounts.delete(key)
      count--
    }
  }
}

/** How much a count grew since it was seen; all of it when it was not, or began anew. NaN where there is none. */
function growth(count: number, seen = 0): number {
  return count < seen || Number.isNaN(seen) ? count : count - seen
}
