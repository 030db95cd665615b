import type { StatsDirectory } from '@pool/core/interfaces'
import { nextTurn, Page } from './page.js'
import { readPool } from './reading.js'
import { SeriesLedger } from './series-ledger.js'

/** How long pools are read in one go, in ms. */
const readingMs = 2

/** Reads all pools for a page. Nothing happens between pages. */
export class Scraper {
  readonly #directory: StatsDirectory
  readonly #ledger = new SeriesLedger()
  #failures = 0
  #page: Promise<Page> | undefined

  /** Reads the pools that `directory` knows at each page. */
  constructor(directory: StatsDirectory) {
    this.#directory = directory
  }

  /** The page of this moment. All who ask until it is read get the same: each family of a registry asks by itself. Never rejects. */
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
    ledger.begin()
    try {
      let until = performance.now() + readingMs
      for (const source of this.#directory.sources()) {
        try {
          const reading = readPool(source)
          if (reading !== undefined) ledger.add(source, reading)
        } catch (error) {
          this.#failed(error)
        }
        if (performance.now() < until) continue
        await nextTurn()
        until = performance.now() + readingMs
      }
    } catch (error) {
      // The directory itself failed: the page shows what it gave until then.
      this.#failed(error)
    }
    return new Page(ledger.end(), this.#failures)
  }

  /** Counts a reading that failed; the first is told, since the count alone does not say which pool it was. */
  #failed(error: unknown): void {
    this.#failures++
    if (this.#failures > 1) return
    // Only our own message: that of another error might quote anything.
    const why = error instanceof TypeError ? error.message : 'stats() or sources() threw'
    process.emitWarning(`a pool could not be read for its metrics: ${why}`, { type: 'PoolMetricsWarning', code: 'POOL_UNREADABLE' })
  }
}
