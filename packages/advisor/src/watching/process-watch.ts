import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { outsideRequests, peakResidentBytes } from '@pool/core/kit'
import type { ProcessReading } from '../profile.js'
import { strata, stratumOf } from '../sampling/size-groups.js'
import { helperThreadsMs } from './helper-threads.js'
import { runRatio, scheduleOfThread } from './schedule.js'

const readEveryMs = 250
/** Between readings of V8's figures for samples. */
const leastMs = 100
const pageBytes = 4096

/** Reads the expense of the process, and calls a listener after each major collection. */
export class ProcessWatch {
  readonly #begin = process.resourceUsage()
  readonly #helperMsBefore = helperThreadsMs()
  readonly #scheduleBefore = scheduleOfThread()
  readonly #peakBefore = peakResidentBytes()
  readonly #collections = { minor: 0, major: 0, incremental: 0, totalMs: 0 }
  /** Time of the collections, by the doubling of the bytes that were made since the one of the same kind before. */
  readonly #msByMadeBytes = new Float64Array(strata)
  /** Of the collections of each kind: the bytes that had been made at the last one, and the time of the steps since. */
  readonly #since: Record<Cycle, { madeBytes: number; ms: number }>
  /** When collections were last delivered, and the bytes that had been made then. */
  #delivered: { readonly at: number; readonly madeBytes: number }
  readonly #observer: PerformanceObserver
  readonly #timer: NodeJS.Timeout
  readonly #onMajor: (markingSince: number) => void
  #markingSince: number | undefined
  readonly #madeBytes: () => number
  /** At the last reading. */
  #last: { readonly minorFaults: number; readonly madeBytes: number }
  #bufferFaults = 0
  /** The memory outside V8's heap that is not of Buffers, bytes. */
  #otherExternalBytes = 0
  #peakRssBytes = 0
  #sampledAt = Number.NEGATIVE_INFINITY
  #peakArrayBuffersBytes = 0

  /**
   * @param onMajor - is called some time after a major collection, with the time of `performance.now()` at which its marking began
   * @param madeBytes - gives the bytes that were made so far, of buffers that have pages of their own
   */
  constructor(onMajor: (markingSince: number) => void, madeBytes: () => number) {
    this.#onMajor = onMajor
    this.#madeBytes = madeBytes
    this.#last = { minorFaults: this.#begin.minorPageFault, madeBytes: madeBytes() }
    this.#delivered = { at: performance.now(), madeBytes: this.#last.madeBytes }
    this.#since = { minor: { ...this.#last, ms: 0 }, major: { ...this.#last, ms: 0 } }
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
    const helperMs = helperThreadsMs()
    const ranRatio = runRatio(this.#scheduleBefore, scheduleOfThread())
    return {
      ...(ranRatio === undefined ? {} : { ranRatio }),
      ...(helperMs === undefined || this.#helperMsBefore === undefined ? {} : { helperMs: Math.max(0, helperMs - this.#helperMsBefore) }),
      cpuMs: (now.userCPUTime + now.systemCPUTime - this.#begin.userCPUTime - this.#begin.systemCPUTime) / 1000,
      minorFaults: now.minorPageFault - this.#begin.minorPageFault,
      bufferFaults: this.#bufferFaults,
      rssBytes,
      peakRssBytes: this.#peakRssBytes,
      peakArrayBuffersBytes: this.#peakArrayBuffersBytes,
      collections: { ...this.#collections, byMadeBytes: this.#byMadeBytes() }
    }
  }

  /**
   * Is to be called for each sample. The memory of Buffers reaches its peak just before a collection, which a timer seldom meets. `process.memoryUsage()`
   * would read a file of the system each time, which takes six times as long. V8 begins new areas of memory after each reading of its figures, and collects
   * sooner; so they are read at most ten times a second.
   * @param now - in terms of `performance.now()`
   */
  sampled(now: number): void {
    if (now - this.#sampledAt < leastMs) return
    this.#sampledAt = now
    this.#readArrayBuffers(getHeapStatistics().external_memory - this.#otherExternalBytes)
  }

  /** Ends the timer and the observer. */
  stop(): void {
    clearInterval(this.#timer)
    this.#observer.disconnect()
  }

  #read(): number {
    const { rss, arrayBuffers, external } = process.memoryUsage()
    const now = { minorFaults: process.resourceUsage().minorPageFault, madeBytes: this.#madeBytes() }
    const growth = Math.max(0, rss - this.#peakRssBytes) / pageBytes
    const again = Math.max(0, now.minorFaults - this.#last.minorFaults - growth)
    this.#bufferFaults += Math.min(again, (now.madeBytes - this.#last.madeBytes) / pageBytes)
    this.#last = now
    this.#peakRssBytes = Math.max(this.#peakRssBytes, rss)
    this.#readArrayBuffers(arrayBuffers)
    this.#otherExternalBytes = external - arrayBuffers
    return rss
  }

  #readArrayBuffers(bytes: number): void {
    this.#peakArrayBuffersBytes = Math.max(this.#peakArrayBuffersBytes, bytes)
  }

  #byMadeBytes(): { readonly bytes: number; readonly ms: number }[] {
    // The middle of a doubling stands for it.
    return [...this.#msByMadeBytes].map((ms, doubling) => ({ bytes: Math.round(0.75 * 2 ** doubling), ms })).filter(({ ms }) => ms > 0)
  }

  #count(entries: ReturnType<PerformanceObserver['takeRecords']>): void {
    const now = { at: performance.now(), madeBytes: this.#madeBytes() }
    // They are delivered some turns later: buffers were made evenly in between.
    const bytesEachMs = (now.madeBytes - this.#delivered.madeBytes) / Math.max(now.at - this.#delivered.at, 0.001)
    for (const entry of entries) {
      const { startTime, duration } = entry
      const kind = kindOf(entry)
      this.#collections.totalMs += duration
      const cycle = cycleOf(kind)
      this.#since[cycle].ms += duration
      if (kind === ends[cycle])
        this.#endOf(cycle, now.madeBytes - bytesEachMs * Math.max(0, now.at - Math.max(startTime, this.#delivered.at)))
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
    this.#delivered = now
  }

  #endOf(cycle: Cycle, madeBytes: number): void {
    const since = this.#since[cycle]
    const stratum = Math.min(strata - 1, stratumOf(Math.max(1, Math.round(madeBytes - since.madeBytes))))
    ;(this.#msByMadeBytes[stratum] as number) += since.ms
    this.#since[cycle] = { madeBytes, ms: 0 }
  }
}

type Cycle = 'minor' | 'major'

const ends = { minor: constants.NODE_PERFORMANCE_GC_MINOR, major: constants.NODE_PERFORMANCE_GC_MAJOR }

/** Steps of marking, and callbacks of weak references, belong to a major collection, which ends with an entry of its own. */
function cycleOf(kind: number): Cycle {
  return kind === constants.NODE_PERFORMANCE_GC_MINOR ? 'minor' : 'major'
}

function kindOf(entry: PerformanceEntry): number {
  return (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail.kind
}
