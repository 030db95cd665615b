import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api'
import type { FiguresDirectory, FiguresSource, StatsDirectory, StatsSource } from '@pool/core/interfaces'
import { type FigureInstruments, ownerOf } from './figure-instruments.js'
import type { Figures } from './pool-figures.js'
import { figuresOf } from './pool-figures.js'
import { failuresInstrument, type Instrument } from './semconv.js'

/** How long pools are read, or figures handed over, in one go, in ms. */
const stretchMs = 3
/** The most attribute sets whose counts are remembered. */
const countsLimit = 8192

/** The SDK's own side of each instrument. */
export type Observables = ReadonlyMap<Instrument, Observable>

/** The sources of figures that are observed beside the pools, and their instruments. */
export interface FigureSources {
  readonly directory: Pick<FiguresDirectory, 'sources'>
  readonly instruments: FigureInstruments
}

/**
 * Observes all pools, and all sources of figures, at a collection; nothing happens between collections. An SDK that reports cumulative values goes on
 * reporting the last of an attribute set that is observed no more, so figures of the moment are observed as 0 once when their pool has
 * gone. Counts stay, and go on where a pool of the same name is made: a monotonic sum never falls.
 */
export class PoolObserver {
  readonly #directory: StatsDirectory
  readonly #observables: Observables
  readonly #attributes: Attributes
  readonly #figures: FigureSources | undefined
  /** The counts of each attribute set so far, of all pools that it ever had. */
  readonly #counts = new Map<string, Map<Instrument, number>>()
  /** The figures last seen of each pool, by attribute set. */
  readonly #seen = new WeakMap<StatsSource | FiguresSource, Map<string, ReadonlyMap<Instrument, number>>>()
  #shown: ReadonlyMap<string, Figures> = new Map()
  #failures = 0
  #stopped = false
  /** The end of the collection that began last. */
  #last: Promise<void> = Promise.resolve()

  /** Observes the pools of `directory` and the sources of `figures`, each figure with `attributes`. */
  constructor(directory: StatsDirectory, observables: Observables, attributes: Attributes, figures?: FigureSources) {
    this.#directory = directory
    this.#observables = observables
    this.#attributes = { ...attributes }
    this.#figures = figures
  }

  /** From the next collection on there are no pools. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * Hands every figure of this moment over. Never rejects. Readers that collect at once are answered one after the other: an SDK takes a count
   * that falls for a new one, and where another reader collects next, it adds all of that count again.
   */
  observe(result: BatchObservableResult): Promise<void> {
    const collect = () => this.#observe(result)
    this.#last = this.#last.then(collect, collect)
    return this.#last
  }

  async #observe(result: BatchObservableResult): Promise<void> {
    const pause = pauses()
    const found = new Map<string, Figures>()
    const failed = this.#stopped ? new Set<unknown>() : await this.#read(found, pause)
    const shown = new Map(found)
    const gone: Figures[] = []
    for (const [key, figures] of this.#shown) {
      if (found.has(key)) continue
      // A pool that could not be read has not gone: its last observed figures stay.
      if (failed.has(figures.owner) || failed.has(this.#directory)) shown.set(key, figures)
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

  /** Reads all figures into `found`. Returns the owners that could not be read, or a directory that failed itself. */
  async #read(found: Map<string, Figures>, pause: () => Promise<void> | undefined): Promise<Set<unknown>> {
    const failed = new Set<unknown>()
    const readAll = async <S extends StatsSource | FiguresSource>(
      directory: { sources(): Iterable<S> },
      ownerOf: (source: S) => string,
      read: (source: S) => readonly Figures[]
    ): Promise<void> => {
      try {
        for (const source of directory.sources()) {
          let owner: string | undefined
          try {
            owner = ownerOf(source)
            this.#enter(found, source, read(source))
          } catch {
            this.#failures++
            failed.add(owner)
          }
          await pause()
        }
      } catch {
        this.#failures++
        failed.add(directory)
      }
    }
    await readAll(
      this.#directory,
      ({ name }) => name,
      (source) => {
        const stats = source.stats()
        return stats.closed ? [] : figuresOf(source.name, stats)
      }
    )
    const figures = this.#figures
    if (figures !== undefined) await readAll(figures.directory, ownerOf, (source) => figures.instruments.read(source))
    return failed
  }

  /** Adds the figures of a source to those of others of its name; of counts, the increase since they were last seen. */
  #enter(found: Map<string, Figures>, source: StatsSource | FiguresSource, all: readonly Figures[]): void {
    const before = this.#seen.get(source)
    const seen = new Map<string, ReadonlyMap<Instrument, number>>()
    for (const figures of all) {
      const { key } = figures
      seen.set(key, new Map(figures.values))
      this.#count(key, figures.values, before?.get(key))
      add(found, key, figures)
    }
    this.#seen.set(source, seen)
  }

  #count(key: string, values: Map<Instrument, number>, before: ReadonlyMap<Instrument, number> | undefined): void {
    const counts = this.#counts.get(key) ?? new Map<Instrument, number>()
    // The set used last stands last, so that the oldest is forgotten first.
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

  #handOver(result: BatchObservableResult, { attributes: own, values }: Figures, hasGone: boolean): void {
    const attributes = { ...this.#attributes, ...own }
    for (const [instrument, value] of values) {
      if (hasGone && instrument.kind === 'counter') continue
      const observable = this.#observables.get(instrument)
      if (observable !== undefined) result.observe(observable, hasGone ? 0 : value, attributes)
    }
  }
}

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
