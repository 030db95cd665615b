import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api'
import type { StatsDirectory } from '@pool/core/interfaces'
import { type Figures, figuresOf } from './pool-figures.js'
import { ATTR_POOL_NAME, ATTR_POOL_SIZE_CLASS, failuresInstrument, type Instrument } from './semconv.js'

/** How long pools are read, or figures handed over, in one go, in ms. */
const stretchMs = 3

/** The SDK's own side of each instrument. */
export type Observables = ReadonlyMap<Instrument, Observable>

/**
 * Observes all pools at a collection; nothing happens between collections. An SDK that reports cumulative values goes on
 * reporting the last of an attribute set that is observed no more, so what has gone is observed as 0 once.
 */
export class PoolObserver {
  readonly #directory: StatsDirectory
  readonly #observables: Observables
  readonly #attributes: Attributes
  #shown: ReadonlyMap<string, Figures> = new Map()
  #failures = 0
  #stopped = false

  /** Observes the pools of `directory`, each figure with `attributes`. */
  constructor(directory: StatsDirectory, observables: Observables, attributes: Attributes) {
    this.#directory = directory
    this.#observables = observables
    this.#attributes = { ...attributes }
  }

  /** From the next collection on there are no pools. */
  stop(): void {
    this.#stopped = true
  }

  /** Hands every figure of this moment over. Never rejects. */
  async observe(result: BatchObservableResult): Promise<void> {
    const pause = pauses()
    const found = new Map<string, Figures>()
    const failed = this.#stopped ? new Set<unknown>() : await this.#read(found, pause)
    const shown = new Map(found)
    const gone: Figures[] = []
    for (const [key, figures] of this.#shown) {
      if (found.has(key)) continue
      // A pool that could not be read has not gone: it keeps what was observed last.
      if (failed.has(figures.pool) || failed.has(this.#directory)) shown.set(key, figures)
      else gone.push(figures)
    }
    this.#shown = shown
    for (const figures of found.values()) {
      this.#handOver(result, figures, false)
      await pause()
    }
    for (const figures of gone) this.#handOver(result, figures, true)
    const failures = this.#observables.get(failuresInstrument)
    if (failures !== undefined) result.observe(failures, this.#failures, this.#attributes)
  }

  /** Reads all pools into `found`, and says which could not be read: their names, or the directory itself. */
  async #read(found: Map<string, Figures>, pause: () => Promise<void> | undefined): Promise<Set<unknown>> {
    const failed = new Set<unknown>()
    try {
      for (const source of this.#directory.sources()) {
        let name: string | undefined
        try {
          name = source.name
          const stats = source.stats()
          if (!stats.closed) for (const figures of figuresOf(name, stats)) add(found, figures)
        } catch {
          this.#failures++
          failed.add(name)
        }
        await pause()
      }
    } catch {
      this.#failures++
      failed.add(this.#directory)
    }
    return failed
  }

  #handOver(result: BatchObservableResult, { pool, sizeClass, values }: Figures, hasGone: boolean): void {
    const attributes: Attributes = { ...this.#attributes, [ATTR_POOL_NAME]: pool }
    if (sizeClass !== undefined) attributes[ATTR_POOL_SIZE_CLASS] = sizeClass
    for (const [instrument, value] of values) {
      // Pools that are only observed no more did count what they did; and an SDK that sees a counter fall and rise within one
      // collection, as when they are observed anew, would add it to itself.
      if (hasGone && this.#stopped && instrument.kind === 'counter') continue
      const observable = this.#observables.get(instrument)
      if (observable !== undefined) result.observe(observable, hasGone ? 0 : value, attributes)
    }
  }
}

/** Adds the figures of a pool to those of others of its name. */
function add(found: Map<string, Figures>, figures: Figures): void {
  // Sizes have no line break in them, so no name can be taken for another.
  const key = `${figures.sizeClass ?? ''}\n${figures.pool}`
  const before = found.get(key)?.values
  if (before !== undefined) {
    for (const [instrument, value] of before) {
      const { combine } = instrument
      const other = figures.values.get(instrument)
      figures.values.set(instrument, other === undefined ? value : combine === 'sum' ? value + other : Math[combine](value, other))
    }
  }
  found.set(key, figures)
}

/** Lets the event loop go round whenever it was held for long enough. */
function pauses(): () => Promise<void> | undefined {
  let until = performance.now() + stretchMs
  return () => {
    if (performance.now() < until) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        until = performance.now() + stretchMs
        resolve()
      })
    })
  }
}
