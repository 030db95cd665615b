import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api'
import type { StatsDirectory, StatsSource } from '@pool/core/interfaces'
import { type Figures, figuresOf } from './pool-figures.js'
import { ATTR_POOL_KIND, ATTR_POOL_NAME, ATTR_POOL_SIZE_CLASS, failuresInstrument, type Instrument } from './semconv.js'

/** How long pools are read, or figures handed over, in one go, in ms. */
const stretchMs = 3
/** The most attribute sets whose counts are remembered. */
const countsLimit = 8192

/** The SDK's own side of each instrument. */
export type Observables = ReadonlyMap<Instrument, Observable>

/**
 * Observes all pools at a collection; nothing happens between collections. An SDK that reports cumulative values goes on
 * reporting the last of an attribute set that is observed no more, so figures of the moment are observed as 0 once when their pool has
 * gone. Counts stay, and go on where a pool of the same name is made: a monotonic sum never falls.
 */
export class PoolObserver {
  readonly #directory: StatsDirectory
  readonly #observables: Observables
  readonly #attributes: Attributes
  /** The counts of each attribute set so far, of all pools that it ever had. */
  readonly #counts = new Map<string, Map<Instrument, number>>()
  /** What was seen of each pool last, by attribute set. */
  readonly #seen = new WeakMap<StatsSource, Map<string, ReadonlyMap<Instrument, number>>>()
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
          if (!stats.closed) this.#enter(found, source, figuresOf(name, stats))
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

  /** Adds the figures of a pool to those of others of its name; of counts, what came since they were seen last. */
  #enter(found: Map<string, Figures>, source: StatsSource, all: readonly Figures[]): void {
    const before = this.#seen.get(source)
    const seen = new Map<string, ReadonlyMap<Instrument, number>>()
    for (const figures of all) {
      const key = keyOf(figures)
      seen.set(key, new Map(figures.values))
      this.#count(key, figures.values, before?.get(key))
      add(found, key, figures)
    }
    this.#seen.set(source, seen)
  }

  #count(key: string, values: Map<Instrument, number>, before: ReadonlyMap<Instrument, number> | undefined): void {
    const counts = this.#counts.get(key) ?? new Map<Instrument, number>()
    // What was used last stands last, so that the oldest is forgotten.
    this.#counts.delete(key)
    this.#counts.set(key, counts)
    for (const [instrument, value] of values) {
      if (instrument.kind !== 'counter') continue
      const last = before?.get(instrument) ?? 0
      const count = (counts.get(instrument) ?? 0) + (value < last ? value : value - last)
      counts.set(instrument, count)
      values.set(instrument, count)
    }
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= countsLimit) break
      this.#counts.delete(oldest)
    }
  }

  #handOver(result: BatchObservableResult, { pool, kind, sizeClass, values }: Figures, hasGone: boolean): void {
    const attributes: Attributes = { ...this.#attributes, [ATTR_POOL_NAME]: pool, [ATTR_POOL_KIND]: kind }
    if (sizeClass !== undefined) attributes[ATTR_POOL_SIZE_CLASS] = sizeClass
    for (const [instrument, value] of values) {
      if (hasGone && instrument.kind === 'counter') continue
      const observable = this.#observables.get(instrument)
      if (observable !== undefined) result.observe(observable, hasGone ? 0 : value, attributes)
    }
  }
}

// Sizes have no line break in them, and the kind's length ends it, so that no name can be taken for another.
const keyOf = ({ pool, kind, sizeClass }: Figures): string => `${sizeClass ?? ''}\n${kind.length}\n${kind}${pool}`

function add(found: Map<string, Figures>, key: string, figures: Figures): void {
  for (const [instrument, value] of found.get(key)?.values ?? []) {
    const { combine, kind } = instrument
    const other = figures.values.get(instrument)
    // Counts are of all pools of the name already.
    if (kind === 'counter' && other !== undefined) continue
    figures.values.set(instrument, other === undefined ? value : combine === 'sum' ? value + other : Math[combine](value, other))
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
