import type { BufferRecord } from '../arena/buffer-record.js'
import { BufferState } from '../arena/buffer-record.js'
import { setState, stateOf } from '../arena/size-class.js'
import type { PoolEvents } from '../interfaces/observer.js'
import type { EventHub } from '../kit/observing/event-hub.js'
import { LeakWarnings } from '../kit/observing/leak-warnings.js'
import type { CallerPlaces } from '../kit/observing/place-of-caller.js'
import { outsideRequests } from '../kit/waiting/heartbeat.js'

/** How much is done to find buffers that are not released. */
export type LeakDetection = 'off' | 'count' | 'sample' | 'all'

/** The parts of the pool that a {@link LeakWatch} needs. */
export interface LeakWatchOptions {
  readonly name: string
  readonly events: EventHub
  readonly places: CallerPlaces
  readonly level: LeakDetection
  /** Whether the place of every acquire is noted. */
  readonly tracesAll: boolean
  /** Looks for buffers that are out for longer, in ms; 0: does not. */
  readonly heldTooLongMs: number
  /** Called when a buffer was collected while out. */
  readonly lost: (record: BufferRecord) => void
}

/** A sample costs some 15 µs; so the first misses of a pool are all sampled, the next ones by 64, and in the long run one in 256. */
const densely = 32
const every64thUntil = 4096

/**
 * Finds buffers that were not released: those collected while out, and, where asked, those that are out for too long.
 *
 * Each buffer's memory is registered with the collector once, when it is made, so an acquire pays nothing for being watched. The
 * memory rather than the Buffer is: a `subarray` that is still alive keeps the memory, and is not a leak.
 */
export class LeakWatch {
  readonly #options: LeakWatchOptions
  readonly #registry: FinalizationRegistry<BufferRecord> | undefined
  readonly #watched = new Set<BufferRecord>()
  /** The buffers that are out and whose acquire was noted. */
  readonly traced: Set<BufferRecord> = new Set()
  readonly #warnings = new LeakWarnings()
  #misses = 0
  /** Bytes that leaked. */
  leakedBytes = 0
  /** Buffers reported as held too long and not back yet. */
  heldTooLong = 0
  /** Whether every acquire is traced. */
  tracesAll: boolean

  /** A watch over one pool's buffers. */
  constructor(options: LeakWatchOptions) {
    this.#options = options
    this.tracesAll = options.tracesAll
    // A registry calls back in the async context that it was made in, on some versions of Node.
    if (options.level !== 'off') this.#registry = outsideRequests(() => new FinalizationRegistry((record) => this.#lost(record)))
  }

  /** Begins to watch new memory. */
  made(buffer: Buffer, record: BufferRecord): void {
    this.#registry?.register(buffer.buffer, record)
    if (this.#options.heldTooLongMs > 0) {
      record.traced().buffer = new WeakRef(buffer)
      this.#watched.add(record)
    }
  }

  /** Goes on watching memory that has a new Buffer. */
  renewed(buffer: Buffer, record: BufferRecord): void {
    if (record.trace?.buffer !== undefined) record.trace.buffer = new WeakRef(buffer)
  }

  /** Ends it: the memory leaves the pool in order. */
  gone(record: BufferRecord): void {
    // Not unregistered: a flag costs a tenth of it.
    record.gone = true
    if (this.#options.heldTooLongMs > 0) this.#watched.delete(record)
  }

  /**
   * Whether to note where this acquire, which had to allocate or to wait, was made. The sample is drawn from these alone, because they
   * are off the hot path anyway; and a pool that leaks allocates for each buffer that it lost.
   */
  samplesMiss(): boolean {
    if (this.#options.level !== 'sample' || this.tracesAll) return false
    const misses = ++this.#misses
    return misses <= densely || misses % (misses <= every64thUntil ? 64 : 256) === 0
  }

  /** Notes where a buffer was acquired: here, unless its acquire had to wait. */
  acquired(record: BufferRecord, buffer: Buffer, place: string = this.#options.places.capture()): void {
    record.traced().acquiredAt = place
    this.traced.add(record)
    setState(buffer, stateOf(buffer) | BufferState.Watched)
  }

  /** Where an acquire stands that begins to wait, if that is to be noted: it is served from elsewhere. */
  placeOfWait(): string | undefined {
    return this.tracesAll || this.samplesMiss() ? this.#options.places.capture() : undefined
  }

  /** For a served waiter, records where its wait began, in place of the releaser's place, which was recorded as the buffer was taken. */
  served(record: BufferRecord, buffer: Buffer, place: string | undefined): void {
    if (record.trace?.acquiredAt !== undefined) {
      record.trace.acquiredAt = undefined
      this.traced.delete(record)
    }
    if (place !== undefined) this.acquired(record, buffer, place)
  }

  /** Forgets the notes on a buffer as it comes back. Returns the late-return event, if any; emit it once the buffer is back. */
  returned(record: BufferRecord): PoolEvents['returnedLate'] | undefined {
    const { trace } = record
    if (trace === undefined) return undefined
    const { acquiredAt, reportedHeld, seenOutAt } = trace
    trace.reportedHeld = false
    trace.seenOutAt = 0
    this.traced.delete(record)
    trace.lastAcquiredAt = acquiredAt
    trace.acquiredAt = undefined
    if (!reportedHeld) return undefined
    this.heldTooLong--
    if (!this.#options.events.returnedLate.heard) return undefined
    const heldMs = performance.now() - seenOutAt
    return { pool: this.#options.name, bufferSize: record.bytes, heldMs, acquiredAt }
  }

  /** Looks for buffers that are out for too long. The time counts from the first beat that saw one out. */
  beat(now: number): void {
    for (const record of this.#watched) {
      const trace = record.traced()
      const buffer = trace.buffer?.deref()
      if (buffer === undefined) continue
      const state = stateOf(buffer)
      if (state === BufferState.Free || state === BufferState.Gone || trace.reportedHeld) continue
      if (trace.seenOutAt === 0) {
        trace.seenOutAt = now
        setState(buffer, state | BufferState.Watched)
      } else if (now - trace.seenOutAt >= this.#options.heldTooLongMs) {
        trace.reportedHeld = true
        this.heldTooLong++
        const { heldTooLong } = this.#options.events
        if (heldTooLong.heard) {
          const heldMs = now - trace.seenOutAt
          heldTooLong.emit({ pool: this.#options.name, bufferSize: record.bytes, heldMs, acquiredAt: trace.acquiredAt })
        }
      }
    }
  }

  #lost(record: BufferRecord): void {
    if (record.gone) return
    if (record.trace?.reportedHeld) this.heldTooLong--
    this.#watched.delete(record)
    this.traced.delete(record)
    this.leakedBytes += record.bytes
    const { name, events, lost } = this.#options
    lost(record)
    const { bytes } = record
    const acquiredAt = record.trace?.acquiredAt
    if (events.leak.heard) events.leak.emit({ pool: name, bufferSize: bytes, acquiredAt })
    const otherwise = "It was not in the sample; leakDetection 'all' notes where each buffer was acquired."
    this.#warnings.warn(`pool '${name}': a buffer of ${bytes} bytes was collected without release.`, acquiredAt, otherwise)
  }
}
