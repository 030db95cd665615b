import type { ArenaPressureSettings } from '../arena/arena-settings.js'
import type { SizeClass } from '../arena/size-class.js'
import type { Stock } from '../arena/stock.js'
import type { EventHub } from '../kit/observing/event-hub.js'
import { type Beating, joinHeartbeat, leaveHeartbeat } from '../kit/waiting/heartbeat.js'
import type { LeakWatch } from './leak-watch.js'
import { PressureWatch } from './pressure-watch.js'
import { excessOf, type TrimmingCause } from './trimming.js'

/** The parts of the pool that a {@link Caretaker} needs. */
export interface CaretakerParts {
  readonly name: string
  readonly classes: readonly SizeClass[]
  readonly events: EventHub
  readonly leaks: LeakWatch
  readonly madeAt: number
  readonly stock: Stock
  readonly queue: { serve(): void }
  readonly samples: { nextWindow(): void } | undefined
  readonly adaptation: { run(): boolean }
}

/** When it acts. */
export interface CaretakerSettings {
  readonly autoScale: boolean
  readonly adapts?: boolean
  readonly shrinkInterval: number
  readonly shrinkThreshold: number
  readonly heldTooLongMs: number
  readonly pressure: ArenaPressureSettings | undefined
}

/** The work of the heartbeat for one pool: trims idle buffers, watches memory pressure and buffers that are held too long. */
export class Caretaker implements Beating {
  readonly #pool: CaretakerParts
  readonly #settings: CaretakerSettings
  readonly #pressure: PressureWatch | undefined
  #trimAt: number
  #lookAt: number
  dueAt = Number.POSITIVE_INFINITY

  /** Begins at once, if the pool's settings ask for anything. */
  constructor(pool: CaretakerParts, settings: CaretakerSettings) {
    const { shrinkInterval, heldTooLongMs, pressure } = settings
    this.#pool = pool
    this.#settings = settings
    this.#pressure = pressure && new PressureWatch(pressure)
    this.#trimAt = soonest(pool.madeAt, shrinkInterval)
    this.#lookAt = Math.min(soonest(pool.madeAt, pressure?.intervalMs ?? 0), soonest(pool.madeAt, heldTooLongMs / 2))
    this.#schedule()
    if (this.dueAt < Number.POSITIVE_INFINITY) joinHeartbeat(this)
  }

  /** The level of memory pressure, as seen last. */
  get pressureLevel(): PressureWatch['level'] {
    return this.#pressure?.level ?? 'normal'
  }

  /** Ends it. */
  stop(): void {
    leaveHeartbeat(this)
  }

  /** Trims by `cause`; returns the bytes given up. */
  trim(cause: TrimmingCause): number {
    const { classes, stock, events, name } = this.#pool
    let bytes = 0
    for (const sizeClass of classes) {
      sizeClass.markLow()
      const count = stock.trim(sizeClass, excessOf(sizeClass, this.#settings.shrinkThreshold, cause))
      sizeClass.beginInterval()
      bytes += count * sizeClass.bufferSize
      if (count > 0 && events.shrink.heard) {
        events.shrink.emit({ pool: name, bufferSize: sizeClass.bufferSize, count, total: sizeClass.total })
      }
    }
    return bytes
  }

  beat(now: number): void {
    const settings = this.#settings
    const { leaks } = this.#pool
    const trims = now >= this.#trimAt
    const looks = now >= this.#lookAt
    if (trims) this.#trimAt = soonest(now, settings.shrinkInterval)
    if (looks) this.#lookAt = Math.min(soonest(now, settings.pressure?.intervalMs ?? 0), soonest(now, settings.heldTooLongMs / 2))
    // Before any listener is called: an error of `usedBytes` must end neither the beats nor the trimming.
    this.#schedule()
    if (trims) this.#pool.samples?.nextWindow()
    try {
      if (looks) {
        if (settings.heldTooLongMs > 0) leaks.beat(now)
        this.#lookAtPressure()
      }
    } finally {
      const level = this.pressureLevel
      // New classes have been warmed for the next interval, and trimming would judge them by the last.
      const adapted = trims && settings.adapts === true && level === 'normal' && this.#pool.adaptation.run()
      // At most one trim for both reasons: a trim resets the peak to the buffers in use, so that a second would keep nothing.
      if (settings.autoScale && !adapted && (trims || (looks && level !== 'normal'))) this.trim(level === 'normal' ? 'idle' : level)
    }
  }

  #lookAtPressure(): void {
    const pressure = this.#pressure
    if (pressure === undefined) return
    const changed = pressure.look()
    const { level, usedBytes, limitBytes } = pressure
    const { events, name, stock, queue } = this.#pool
    if (this.#settings.pressure?.refusesGrowth) stock.mayGrow = level !== 'critical'
    if (changed && stock.mayGrow) queue.serve()
    if (changed && events.pressure.heard) events.pressure.emit({ pool: name, level, usedBytes, limitBytes })
  }

  #schedule(): void {
    this.dueAt = Math.min(this.#trimAt, this.#lookAt)
  }
}

function soonest(now: number, intervalMs: number): number {
  return intervalMs > 0 ? now + intervalMs : Number.POSITIVE_INFINITY
}
