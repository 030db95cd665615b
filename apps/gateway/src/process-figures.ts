import type { RequestHandler } from 'express'
import type { ThreatDetector, ThreatDetectorStats } from './detector/index.js'
import type { GarbageFigures, GarbageWatch } from './garbage-watch.js'

/** What `GET /metrics/process` answers: one process, since it started; bytes and milliseconds. */
export interface ProcessFigures {
  readonly pid: number
  readonly uptimeMs: number
  readonly cpuMs: number
  readonly memory: {
    readonly rss: number
    readonly maxRss: number
    readonly heapUsed: number
    readonly external: number
    readonly arrayBuffers: number
  }
  readonly garbage: GarbageFigures
  readonly detector: ThreatDetectorStats
}

/** Answers with the figures of this process. */
export function processFigures(garbage: GarbageWatch, detector: ThreatDetector): RequestHandler {
  return (_request, response) => {
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const figures: ProcessFigures = {
      pid: process.pid,
      uptimeMs: process.uptime() * 1000,
      cpuMs: (user + system) / 1000,
      memory: { rss, maxRss: process.resourceUsage().maxRSS * 1024, heapUsed, external, arrayBuffers },
      garbage: garbage.figures(),
      detector: detector.getStats()
    }
    response.json(figures)
  }
}
