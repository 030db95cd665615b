import type { PoolStats, StatsSource } from '@pool/core'
import { outsideRequests, throwLater } from '@pool/core/kit'

/** When memory is short enough to stop, and when no longer. */
export interface MessagePressureOptions {
  /** The pool whose figures are read. Default: the processor's own pool, which must then have `stats()`. */
  readonly source?: StatsSource
  /** Utilization of the pool, 0..1, at which no further handler is started. Default 0.9. */
  readonly pauseAt?: number
  /** Utilization at which it goes on. At most `pauseAt`. Default 0.7. */
  readonly resumeAt?: number
  /** How often the figures are read while messages come, in ms. Default 100. */
  readonly checkMs?: number
  /**
   * The longest pause, in ms; then it goes on until the next check: it may be its own unfinished message that holds the memory. Default 5000.
   */
  readonly maxPauseMs?: number
}

/** {@link MessagePressureOptions}, complete. */
export type PressureSettings = Required<MessagePressureOptions>

/** Watches a pool's figures while messages come: at most one look in `checkMs`, and none while nothing is written. */
export class PressureGate {
  readonly #settings: PressureSettings
  readonly #reopen: () => void
  #timer: NodeJS.Timeout | undefined = undefined
  #pausedMs = 0
  #isShut = false

  /** `reopen` is called when a pause is over. */
  constructor(settings: PressureSettings, reopen: () => void) {
    this.#settings = settings
    this.#reopen = reopen
  }

  /** Whether memory was short at the last look. */
  get isShut(): boolean {
    return this.#isShut
  }

  /** Looks, unless that was done within `checkMs`. */
  look(): void {
    if (this.#timer !== undefined) return
    this.#isShut = this.#isShort(this.#settings.pauseAt)
    this.#pausedMs = 0
    this.#timer = this.#later()
    // Only a pause that ends by itself must outlive everything else.
    if (!this.#isShut) this.#timer.unref()
  }

  /** Opens, and looks no more until {@link PressureGate.look}. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isShut = false
  }

  #again(): void {
    this.#timer = undefined
    if (!this.#isShut) return
    this.#pausedMs += this.#settings.checkMs
    if (this.#pausedMs < this.#settings.maxPauseMs && this.#isShort(this.#settings.resumeAt)) {
      this.#timer = this.#later()
      return
    }
    this.#isShut = false
    // The gate stays open for one period at least, so that the handlers started now have time to work.
    this.#timer = this.#later().unref()
    this.#reopen()
  }

  #later(): NodeJS.Timeout {
    return outsideRequests(() => setTimeout(() => this.#again(), this.#settings.checkMs))
  }

  #isShort(utilization: number): boolean {
    let figures: PoolStats
    try {
      figures = this.#settings.source.stats()
    } catch (error) {
      // A source that fails must not shut the gate for good.
      throwLater(error)
      return false
    }
    return figures.utilization >= utilization || figures.memoryPressure === 'critical'
  }
}
