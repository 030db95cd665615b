import type { PoolHealth, PoolStats, StatsSource } from '@pool/core/interfaces'
import { type SlabPoolEvents, SlabPoolHub, type SlabPoolListener } from './pool-events.js'
import { judged, Ledger } from './pool-figures.js'
import { type ValidationReport, validationReport } from './validation-report.js'

/** The methods of every pool of this package. Not a pool by itself: make a `BlockPool`, an `ExtentPool` or a `SamplePool`. */
export abstract class SlabPool implements StatsSource, Disposable {
  /** The pool's name in stats and errors. */
  readonly name: string
  /** Fragmentation in percent above which the pool warns. */
  readonly fragmentationLimit: number
  /** @internal */
  protected readonly ledger: Ledger
  /** @internal */
  protected readonly events: SlabPoolHub

  /** @internal A part of another pool shares the listeners and the ledger of the `whole`. */
  protected constructor(name: string, fragmentationLimit: number, whole?: SlabPool) {
    this.name = name
    this.fragmentationLimit = fragmentationLimit
    this.ledger = whole?.ledger ?? new Ledger()
    this.events = whole?.events ?? new SlabPoolHub(name, () => this.attend())
  }

  /** Whether the pool was destroyed. */
  abstract get closed(): boolean

  /** Bytes of the pool's own records, which lie outside the slab; view objects apart. */
  abstract get bookkeepingBytes(): number

  /** Fragmentation in percent; each pool documents its own measure. */
  abstract getFragmentation(): number

  /** Efficiency in percent; each pool documents its own measure. */
  abstract getEfficiency(): number

  /**
   * Checks all records against each other. Linear; for tests and for doubt.
   * @throws `ERR_POOL_CORRUPT` when an invariant does not hold
   */
  abstract verify(): unknown

  /** A snapshot in the form of `@pool/core`. Some µs. */
  abstract stats(): PoolStats

  /** Ends the pool. Memory that is out may still be used and returned. Doing it again does nothing. */
  abstract destroy(): void

  /** @internal Called after listeners came or went, and of a part never. */
  protected abstract attend(): void

  /** @internal Calls that the pool must refuse and that change nothing, for {@link validationReport}. */
  protected abstract misuses(): readonly (() => unknown)[]

  /**
   * Calls `listener` at each `event`.
   * @throws `ERR_POOL_INVALID_OPTION` for an event that the pool does not have, or a listener that is not a function
   */
  on<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): this {
    this.events.add(event, listener)
    return this
  }

  /** Calls `listener` at the next `event` only. Throws as `on`. */
  once<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): this {
    this.events.addOnce(event, listener)
    return this
  }

  /** Takes `listener` away again; does nothing when it is not there. */
  off<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): this {
    this.events.remove(event, listener)
    return this
  }

  /**
   * Judges the pool. Warnings: fragmentation above {@link fragmentationLimit}, fewer than 90 % of 100 or more requests served from
   * memory that was ready, more than 90 % in use, a refusal within the last minute, refused returns. Error: since a refusal 5 s ago or
   * earlier no request was served, and no memory came back.
   */
  healthCheck(): PoolHealth {
    return judged(this.stats(), this.fragmentationLimit)
  }

  /** Checks the pool as it is now and returns the findings, ready for `JSON.stringify`. Linear, since it includes {@link verify}. */
  validationReport(): ValidationReport {
    return validationReport(this, this.misuses())
  }

  /** Destroys the pool. */
  [Symbol.dispose](): void {
    this.destroy()
  }
}
