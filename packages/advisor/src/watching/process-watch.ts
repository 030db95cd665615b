import { constants, PerformanceObserver } from 'node:perf_hooks'
import { outsideRequests, peakResidentBytes } from '@pool/core/kit'
import type { ProcessReading } from '../profile.js'

const readEveryMs = 250
const pageBytes = 4096
/** Collections while fewer bytes are made between two readings have other causes. */
const leastMadeBytes = 2 ** 20

/** Reads the expense of the process, and calls a listener after each major collection. */
export class ProcessWatch {
  readonly #begin = process.resourceUsage()
  readonly #peakBefore = peakResidentBytes()
  readonly #collections = { minor: 0, major: 0, incremental: 0, totalMs: 0, atBuffersMs: 0 }
  readonly #observer: PerformanceObserver
  readonly #timer: NodeJS.Timeout
  readonly #onMajor: (markingSince: number) => void
  #markingSince: number | undefined
  readonly #madeBytes: () => number
  /** At the last reading. */
  #last: { readonly minorFaults: number; readonly madeBytes: number; readonly collectionMs: number }
  #bufferFaults = 0
  #peakRssBytes = 0
  #peakArrayBuffersBytes = 0

  /**
   * @param onMajor - is called some time after a major collection, with the time of `performance.now()` at which its marking began
   * @param madeBytes - gives the bytes that were made so far, of buffers that have pages of their own
   */
  constructor(onMajor: (markingSince: number) => void, madeBytes: () => number) {
    this.#onMajor = onMajor
    this.#madeBytes = madeBytes
    this.#last = { minorFaults: this.#begin.minorPageFault, madeBytes: madeBytes(), collectionMs: 0 }
    this.#observer = new PerformanceObserver((list) => this.#count(list.getEntries()))
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#timer = outsideRequests(() => setInterval(() => this.#read(), readEveryMs)).unref()
    this.#read()
  }

  /** The expense since the beginning. */
  reading(): ProcessReading {
    this.#count(this.#observer.takeRecords())
    const rssBytes = this.#read()
    const now = process.resourceUsage()
    // The system's own high-water mark is exact, but knows nothing of when; it counts where it was raised meanwhile.
    const peakBytes = peakResidentBytes()
    if (peakBytes > this.#peakBefore) this.#peakRssBytes = Math.max(this.#peakRssBytes, peakBytes)
    return {
      cpuMs: (now.userCPUTime + now.systemCPUTime - this.#begin.userCPUTime - this.#begin.systemCPUTime) / 1000,
      minorFaults: now.minorPageFault - this.#begin.minorPageFault,
      bufferFaults: this.#bufferFaults,
      rssBytes,
      peakRssBytes: this.#peakRssBytes,
      peakArrayBuffersBytes: this.#peakArrayBuffersBytes,
      collections: { ...this.#collections }
    }
  }

  /** Ends the timer and the observer. */
  stop(): void {
    clearInterval(this.#timer)
    this.#observer.disconnect()
  }

  #read(): number {
    const { rss, arrayBuffers } = process.memoryUsage()
    const now = {
      minorFaults: process.resourceUsage().minorPageFault,
      madeBytes: this.#madeBytes(),
      collectionMs: this.#collections.totalMs
    }
    this.#bufferFaults += Math.min(now.minorFaults - this.#last.minorFaults, (now.madeBytes - this.#last.madeBytes) / pageBytes)
    if (now.madeBytes - this.#last.madeBytes >= leastMadeBytes) this.#collections.atBuffersMs += now.collectionMs - this.#last.collectionMs
    this.#last = now
    this.#peakRssBytes = Math.max(this.#peakRssBytes, rss)
    this.#peakArrayBuffersBytes = Math.max(this.#peakArrayBuffersBytes, arrayBuffers)
    return rss
  }

  #count(entries: ReturnType<PerformanceObserver['takeRecords']>): void {
    for (const entry of entries) {
      const { startTime, duration } = entry
      const { kind } = (entry as typeof entry & { readonly detail: { readonly kind: number } }).detail
      this.#collections.totalMs += duration
      if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) {
        this.#collections.incremental++
        this.#markingSince ??= startTime
      } else if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) {
        this.#collections.major++
        this.#onMajor(Math.min(startTime, this.#markingSince ?? startTime))
        this.#markingSince = undefined
      } else if (kind !== constants.NODE_PERFORMANCE_GC_WEAKCB) {
        this.#collections.minor++
      }
    }
  }
}
