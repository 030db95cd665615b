import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import { WaitLine } from '../kit/waiting/wait-queue.js'

/** Samples of one class in one window. */
export const perWindow = 32

/** The samples of one class since the window began. */
export class ClassSamples {
  /** Bytes asked for, each. */
  readonly sizes: Float64Array = new Float64Array(perWindow)
  /** The number of samples. */
  taken = 0
  /** Acquires of the class before the window began. */
  began = 0
}

/** The idle buffers of one size, and the counters. Every change of a counter is a verb here. */
export class FreeList {
  /** Bytes of each buffer; 0 for the class of those above the largest. */
  readonly bufferSize: number
  /** Buffers never trimmed. */
  readonly reserve: number
  /** The most buffers alive. */
  readonly maxSize: number
  /** The idle buffers; the last one in is the first one out, so that it is warm in the cache. */
  free: NonSharedBuffer[] = []
  /** The acquires that wait for a buffer of this size. */
  readonly waiters: WaitLine<NonSharedBuffer, this> = new WaitLine<NonSharedBuffer, this>(this)
  /** Free-list length from which releases leave the hot path; -1: always. */
  keep = -1
  /** The most buffers that may lie idle, as the byte budget has granted it. */
  quota = 0
  /** Whether every release leaves the hot path. */
  attentive = true
  /** The shortest that the free list was since {@link markLow}. */
  low = 0
  /** Acquires until the next one that has more to do. */
  countdown = 1
  /** The value that `countdown` was last set to. */
  armed = 1
  /** Acquires counted before that. */
  counted = 0
  /** Whether the pool has given the class up, and keeps no buffer of it that comes back. */
  retired = false
  /** The sizes that were asked for, of a pool that samples them. */
  samples: ClassSamples | undefined = undefined
  /** Buffers alive. */
  total = 0
  /** Acquires that allocated. */
  misses = 0
  /** Buffers given back and not kept. */
  discards = 0
  /** Acquires refused or queued. */
  exhaustions = 0
  /** Buffers collected while out. */
  leaked = 0
  /** Bytes allocated so far. */
  bytesAllocated = 0
  /** The most that were out at once. */
  peakInUse = 0
  /** The most that were out at once since the last beat. */
  recentPeak = 0

  /** An empty list. */
  constructor(bufferSize: number, reserve: number, maxSize: number) {
    this.bufferSize = bufferSize
    this.reserve = reserve
    this.maxSize = maxSize
  }

  /** Sets the countdown anew. */
  arm(period: number): void {
    this.counted = this.acquisitions
    this.armed = period
    this.countdown = period
  }

  /** Changes the quota. */
  setQuota(quota: number): void {
    this.quota = quota
    this.keep = this.attentive ? -1 : quota
  }

  /** Leads every release off the hot path, or none but those beyond the quota. */
  setAttentive(attentive: boolean): void {
    this.attentive = attentive
    this.setQuota(this.quota)
  }

  /** Acquires so far. */
  get acquisitions(): number {
    return this.counted + this.armed - this.countdown
  }

  /** Buffers out with users. */
  get inUse(): number {
    return this.total - this.free.length
  }

  /** Takes the peak in, and starts a new low. */
  markLow(): void {
    const peak = this.total - this.low
    if (peak > this.peakInUse) this.peakInUse = peak
    if (peak > this.recentPeak) this.recentPeak = peak
    this.low = this.free.length
  }

  /** Begins a new interval of trimming: the peak starts at the number of buffers in use now. */
  beginInterval(): void {
    this.recentPeak = this.inUse
  }

  /** Counts a new buffer of `bytes`, which is out, or about to be laid by. */
  enter(bytes: number): void {
    this.markLow()
    this.total++
    this.bytesAllocated += bytes
  }

  /** Lays a new buffer on the free list, as if it had always lain there. */
  layBy(buffer: NonSharedBuffer): void {
    this.free.push(buffer)
    this.low = this.free.length
  }

  /** Counts an acquire that found nothing idle and got a new buffer. */
  miss(): void {
    this.misses++
  }

  /** Counts an acquire that a bound refused, or made wait. */
  exhaust(): void {
    this.exhaustions++
  }

  /** Takes an acquire back that was counted, since it is about to be counted again. */
  recount(): void {
    this.counted--
  }

  /** Counts a buffer that is out as gone: withdrawn. */
  leave(): void {
    this.markLow()
    this.total--
  }

  /** Counts a buffer that came back and is not kept. */
  discard(): void {
    this.discards++
    this.leave()
  }

  /** Counts a buffer that was collected while out. */
  lose(): void {
    this.leaked++
    this.leave()
  }

  /** Takes up to `count` buffers off the cold end of the free list. */
  shed(count: number): NonSharedBuffer[] {
    this.markLow()
    const { free } = this
    let shed = free
    // Most of a long list is cut off in place, because a copy of 100 000 references stops the event loop for some milliseconds.
    if (count > free.length / 2) {
      this.free = free.slice(count)
      free.length = Math.min(count, free.length)
    } else shed = free.splice(0, count)
    this.total -= shed.length
    this.low = this.free.length
    return shed
  }
}
