import type { FiguresDirectory, StatsDirectory } from '@pool/core/interfaces'
import type { FigureFamilies } from './figure-families.js'
import { nextTurn, Page } from './page.js'
import { readPool } from './reading.js'
import { SeriesLedger } from './series-ledger.js'

/** How long pools are read in one go, in ms. */
const readingMs = 2

/** The sources of figures that are exported beside the pools, and their families. */
export interface FigureSources {
  readonly directory: Pick<FiguresDirectory, 'sources'>
  readonly families: FigureFamilies
}

/** Reads all pools, and all sources of figures, for a page. Nothing happens between pages. */
export class Scraper {
  readonly #directory: StatsDirectory
  readonly #figures: FigureSources | undefined
  readonly #ledger = new SeriesLedger()
  #failures = 0
  #page: Promise<Page> | undefined

  /** Reads the pools that `directory` knows at each page, and the sources of `figures`. */
  constructor(directory: StatsDirectory, figures?: FigureSources) {
    this.#directory = directory
    this.#figures = figures
  }

  /** The page of this moment. All calls until it is read get the same page, since each family of a registry calls by itself. Never rejects. */
  page(): Promise<Page> {
    this.#page ??= this.#read().finally(() => (this.#page = undefined))
    return this.#page
  }

  /** Whether a pool of that name is among those that are read. */
  knows(name: string): boolean {
    try {
      for (const source of this.#directory.sources()) if (source.name === name) return true
    } catch {
      // The next page counts it.
    }
    return false
  }

  async #read(): Promise<Page> {
    const ledger = this.#ledger
    const figures = this.#figures
    ledger.begin()
    await this.#readAll(this.#directory, (source) => {
      const reading = readPool(source)
      if (reading !== undefined) ledger.add(source, reading)
    })
    if (figures !== undefined) {
      await this.#readAll(figures.directory, (source) => ledger.addFigures(source, figures.families.read(source)))
    }
    return new Page(ledger.end(), this.#failures)
  }

  async #readAll<S>(directory: { sources(): Iterable<S> }, read: (source: S) => void): Promise<void> {
    try {
      let until = performance.now() + readingMs
      for (const source of directory.sources()) {
        try {
          read(source)
        } catch (error) {
          this.#failed(error)
        }
        if (performance.now() < until) continue
        await nextTurn()
        until = performance.now() + readingMs
      }
    } catch (error) {
      // The directory itself failed: the page shows the pools that it gave until then.
      this.#failed(error)
    }
  }

  /** Counts a reading that failed. The first causes a warning, since the count alone does not say which pool failed. */
  #failed(error: unknown): void {
    this.#failures++
    if (this.#failures > 1) return
    // Only our own message: that of another error might quote content.
    const why = error instanceof TypeError ? error.message : 'stats(), figures() or sources() threw'
    process.emitWarning(`a pool or a source of figures could not be read for its metrics: ${why}`, {
      type: 'PoolMetricsWarning',
      code: 'POOL_UNREADABLE'
    })
  }
}
