import type { StatsSource } from '@pool/core/interfaces'
import { classFamilies } from './class-families.js'
import type { Family } from './family.js'
import { poolFamilies } from './pool-families.js'
import type { Reading } from './reading.js'

/** One set of labels, and its figures in the order of the families that it has samples in; NaN where it has none. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly figures: Float64Array
}

/** What all pools show at one moment. */
export interface Snapshot {
  readonly pools: readonly Series[]
  readonly classes: readonly Series[]
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
   * What a new pool counted before its first page, which shows it with the next: `increase()` and `rate()` see nothing of a series that
   * begins above 0, so that a leak before the first scrape would never raise its alert.
   */
  withheld: Float64Array | undefined
}

/**
 * Adds up what pools count, so that no counter ever falls: neither when a pool is destroyed and made again under its name,
 * nor when one of two pools of the same name goes. It remembers what it has seen of each pool, and adds what came since.
 */
export class SeriesLedger {
  readonly #accounts = new Map<string, Account>()
  readonly #seen = new WeakMap<StatsSource, Reading>()
  #round = 0

  /** Starts a round: what is not added in it vanishes from its snapshot. */
  begin(): void {
    this.#round++
  }

  /** Enters what a pool shows in this round. */
  add(source: StatsSource, reading: Reading): void {
    const { name, figures, rows } = reading
    const seen = this.#seen.get(source)
    this.#enter(this.#accountOf(name, undefined), figures, seen?.figures)
    rows.forEach((row, index) => {
      const before = seen?.rows[index]
      this.#enter(this.#accountOf(name, row.sizeClass), row.figures, before?.sizeClass === row.sizeClass ? before.figures : undefined)
    })
    this.#seen.set(source, reading)
  }

  /** Ends the round. The snapshot does not change when later rounds do. */
  end(): Snapshot {
    const snapshot = { pools: [] as Series[], classes: [] as Series[] }
    let retired = 0
    for (const { labels, families, figures, round } of this.#accounts.values()) {
      if (round !== this.#round) retired++
      else (families === poolFamilies ? snapshot.pools : snapshot.classes).push({ labels, figures })
    }
    this.#forget(retired - retiredLimit)
    return snapshot
  }

  #accountOf(pool: string, sizeClass: string | undefined): Account {
    // Sizes have no line break in them, so no name can be taken for another.
    const key = `${sizeClass ?? ''}\n${pool}`
    let account = this.#accounts.get(key)
    if (account === undefined) {
      const labels = Object.freeze(sizeClass === undefined ? { pool } : { pool, size_class: sizeClass })
      const families = sizeClass === undefined ? poolFamilies : classFamilies
      const withheld = sizeClass === undefined ? new Float64Array(families.length) : undefined
      const figures = new Float64Array(families.length).fill(Number.NaN)
      account = { labels, families, figures, round: 0, openedIn: this.#round, withheld }
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
      // What was counted before this round stays; other figures are of this round alone.
      const held = isNew && type !== 'counter' ? Number.NaN : (before[index] as number)
      const added = type === 'counter' ? growth(figure, seen?.[index]) : figure
      if (type === 'counter' && withheld !== undefined) {
        if (isFirst) withheld[index] = (withheld[index] as number) + added
        after[index] = isFirst ? 0 : (before[index] as number) + (withheld[index] as number) + added
        continue
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
