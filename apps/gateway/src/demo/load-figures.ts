import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { ProcessFigures } from '../metrics/process-page.js'
import type { Reply } from './http-replay.js'

/** What one gateway did under one load. */
export class LoadFigures {
  readonly latency: RecordableHistogram = createHistogram()
  requests = 0
  bytes = 0
  /** Replies by status other than 200; 0: none came. */
  readonly failures = new Map<number, number>()
  elapsedMs = 0
  cpuMs = 0
  garbageCount = 0
  garbageMajorCount = 0
  garbageMs = 0
  /** The longest since the process started. */
  garbageLongestMs = 0
  maxRss = 0

  /** Adds a reply. */
  add(reply: Reply, bodyBytes: number, nanoseconds: number): void {
    this.requests += 1
    this.bytes += bodyBytes
    this.latency.record(Math.max(1, nanoseconds))
    if (reply.status !== 200) this.failures.set(reply.status, (this.failures.get(reply.status) ?? 0) + 1)
  }

  /** Adds a stretch of time, with what the process did in it. */
  addRound(elapsedMs: number, before: ProcessFigures, after: ProcessFigures): void {
    this.elapsedMs += elapsedMs
    this.cpuMs += after.cpuMs - before.cpuMs
    this.garbageCount += after.garbage.count - before.garbage.count
    this.garbageMajorCount += after.garbage.majorCount - before.garbage.majorCount
    this.garbageMs += after.garbage.totalMs - before.garbage.totalMs
    this.garbageLongestMs = after.garbage.longestMs
    this.maxRss = after.memory.maxRss
  }

  /** Requests that were not answered 200. */
  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0)
  }
}
