import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { peakResidentBytes } from '@pool/core/kit'
import type { RequestHandler } from 'express'
import type { ThreatDetector, ThreatDetectorStats } from '../detector/index.js'

/** Node gives entries of collections a `detail` that the general type lacks. */
type GarbageEntry = PerformanceEntry & { readonly detail?: { readonly kind: number } }

/** The answer of `GET /metrics/process`: one process, since it started; bytes and milliseconds. */
export interface ProcessFigures {
  readonly pid: number
  readonly uptimeMs: number
  readonly cpuMs: number
  /** Page faults that needed no disk: memory that the system had to map. */
  readonly pageFaults: number
  readonly memory: {
    readonly rss: number
    readonly maxRss: number
    readonly heapUsed: number
    readonly external: number
    readonly arrayBuffers: number
  }
  /** Collections, those of the whole heap among them, and how long they stopped the process. */
  readonly garbage: { readonly count: number; readonly majorCount: number; readonly totalMs: number; readonly longestMs: number }
  readonly detector: ThreatDetectorStats
  /** Log lines that were dropped, since stdout was not read. */
  readonly logLinesDropped: number
}

/** The page of this process's figures. It counts collections until it is stopped. */
export class ProcessPage {
  readonly #garbage = { count: 0, majorCount: 0, totalMs: 0, longestMs: 0 }
  readonly #observer = new PerformanceObserver((entries) => {
    const garbage = this.#garbage
    for (const { duration, detail } of entries.getEntries() as GarbageEntry[]) {
      garbage.count += 1
      if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) garbage.majorCount += 1
      garbage.totalMs += duration
      garbage.longestMs = Math.max(garbage.longestMs, duration)
    }
  })
  /** Answers with the figures. */
  readonly answer: RequestHandler

  constructor(detector: ThreatDetector, logLinesDropped: () => number) {
    this.#observer.observe({ entryTypes: ['gc'] })
    this.answer = (_request, response) => {
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      const figures: ProcessFigures = {
        pid: process.pid,
        uptimeMs: process.uptime() * 1000,
        cpuMs: (user + system) / 1000,
        pageFaults: process.resourceUsage().minorPageFault,
        memory: { rss, maxRss: peakResidentBytes(), heapUsed, external, arrayBuffers },
        garbage: this.#garbage,
        detector: detector.getStats(),
        logLinesDropped: logLinesDropped()
      }
      response.json(figures)
    }
  }

  /** Ends counting. */
  stop(): void {
    this.#observer.disconnect()
  }
}
