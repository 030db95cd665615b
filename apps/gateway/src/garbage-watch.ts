import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'

/** Node gives entries of collections a `detail` that the general type lacks. */
type GarbageEntry = PerformanceEntry & { readonly detail?: { readonly kind: number } }

/** Collections since the watch began. */
export interface GarbageFigures {
  readonly count: number
  /** Those of the whole heap; the others are of its young part. */
  readonly majorCount: number
  /** Milliseconds in total. */
  readonly totalMs: number
  readonly longestMs: number
}

/** Counts the collections of this process, and how long they stopped it. */
export class GarbageWatch {
  #count = 0
  #majorCount = 0
  #totalMs = 0
  #longestMs = 0
  readonly #observer = new PerformanceObserver((entries) => {
    for (const { duration, detail } of entries.getEntries() as GarbageEntry[]) {
      this.#count += 1
      if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#majorCount += 1
      this.#totalMs += duration
      this.#longestMs = Math.max(this.#longestMs, duration)
    }
  })

  /** Begins to count. */
  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** The figures until now. */
  figures(): GarbageFigures {
    return { count: this.#count, majorCount: this.#majorCount, totalMs: this.#totalMs, longestMs: this.#longestMs }
  }

  /** Ends counting. */
  stop(): void {
    this.#observer.disconnect()
  }
}
