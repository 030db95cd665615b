import type { BufferRecord } from './buffer-record.js'
import { BufferState } from './buffer-state.js'
import type { EventHub } from './event-hub.js'
import type { PoolEvents } from './interfaces/observer.js'
import { setState, stateOf } from './size-class.js'
import { placeIn, stackOfCaller } from './stack-of-caller.js'

/** How much is done to find buffers that nobody releases. */
export type LeakDetection = 'off' | 'count' | 'sample' | 'all'

/** Whose buffers are watched. */
export interface Watched {
  readonly name: string
  readonly events: EventHub
  /** A buffer was collected while out. */
  lost(record: BufferRecord): void
}

/** A sample costs some 15 µs; so the first misses of a pool are sampled, and then one in so many. */
const densely = 32
const sparsely = 16
/** The most places that one pool warns of. */
const maxWarnings = 10

/**
 * Finds what nobody released: buffers that were collected while out, and, where asked, those that are out for too long.
 *
 * Each buffer's memory is registered with the collector once, when it is made, so an acquire pays nothing for being watched. The
 * memory rather than the Buffer is: a `subarray` that is still alive keeps the memory, and is no leak.
 */
export class LeakWatch {
  readonly #pool: Watched
  readonly #level: LeakDetection
  readonly #heldTooLongMs: number
  readonly #registry: FinalizationRegistry<BufferRecord> | undefined
  readonly #watched = new Set<BufferRecord>()
  /** The buffers that are out and whose acquire was noted. */
  readonly traced: Set<BufferRecord> = new Set()
  readonly #warnedOf = new Set<string | undefined>()
  #misses = 0
  /** Bytes that leaked. */
  leakedBytes = 0
  /** Buffers reported as held too long and not back yet. */
  heldTooLong = 0
  /** Whether every acquire is traced. */
  tracesAll: boolean

  /** A watch over one pool's buffers; a `heldTooLongMs` of 0 does not look for those held too long. */
  constructor(pool: Watched, level: LeakDetection, heldTooLongMs: number) {
    this.#pool = pool
    this.#level = level
    this.tracesAll = level === 'all'
    this.#heldTooLongMs = heldTooLongMs
    if (level !== 'off') this.#registry = new FinalizationRegistry((record) => this.#lost(record))
  }

  /** Begins to watch new memory. */
  made(buffer: Buffer, record: BufferRecord): void {
    this.#registry?.register(buffer.buffer, record, record)
    if (this.#heldTooLongMs > 0) {
      record.buffer = new WeakRef(buffer)
      this.#watched.add(record)
    }
  }

  /** Ends it: the memory leaves the pool in order. */
  gone(record: BufferRecord): void {
    this.#registry?.unregister(record)
    this.#watched.delete(record)
  }

  /**
   * Whether to note where this acquire, which had to allocate or to wait, was made. The sample is drawn from these alone, because they
   * are off the hot path anyway; and a pool that leaks allocates for each buffer that it lost.
   */
  samplesMiss(): boolean {
    if (this.#level !== 'sample' || this.tracesAll) return false
    const misses = ++this.#misses
    return misses <= densely || misses % sparsely === 0
  }

  /** Notes where a buffer was acquired: here, unless its acquire had to wait. */
  acquired(record: BufferRecord, buffer: Buffer, place: string = stackOfCaller()): void {
    record.acquiredAt = place
    this.traced.add(record)
    setState(buffer, stateOf(buffer) | BufferState.Watched)
  }

  /** Where an acquire stands that begins to wait, if that is to be noted: it is served from elsewhere. */
  placeOfWait(): string | undefined {
    return this.tracesAll || this.samplesMiss() ? stackOfCaller() : undefined
  }

  /** Notes of a buffer that goes to one that waited the place where that was; what was noted as it was taken is the releaser's. */
  served(record: BufferRecord, buffer: Buffer, place: string | undefined): void {
    record.acquiredAt = undefined
    this.traced.delete(record)
    if (place !== undefined) this.acquired(record, buffer, place)
  }

  /** Forgets what was noted of a buffer, as it comes back; gives what to tell, once it is back, of one that comes late. */
  returned(record: BufferRecord): PoolEvents['returnedLate'] | undefined {
    const { acquiredAt, reportedHeld, seenOutAt } = record
    record.reportedHeld = false
    record.seenOutAt = 0
    this.traced.delete(record)
    record.lastAcquiredAt = acquiredAt
    record.acquiredAt = undefined
    if (!reportedHeld) return undefined
    this.heldTooLong--
    if (!this.#pool.events.returnedLate.heard) return undefined
    const heldMs = performance.now() - seenOutAt
    return { pool: this.#pool.name, bufferSize: record.bytes, heldMs, acquiredAt: placeIn(acquiredAt) }
  }

  /** Looks for buffers that are out for too long. The time counts from the first beat that saw one out. */
  beat(now: number): void {
    for (const record of this.#watched) {
      const buffer = record.buffer?.deref()
      if (buffer === undefined) continue
      const state = stateOf(buffer)
      if (state === BufferState.Free || state === BufferState.Gone || record.reportedHeld) continue
      if (record.seenOutAt === 0) {
        record.seenOutAt = now
        setState(buffer, state | BufferState.Watched)
      } else if (now - record.seenOutAt >= this.#heldTooLongMs) {
        record.reportedHeld = true
        this.heldTooLong++
        const { heldTooLong } = this.#pool.events
        if (heldTooLong.heard) {
          const heldMs = now - record.seenOutAt
          heldTooLong.emit({ pool: this.#pool.name, bufferSize: record.bytes, heldMs, acquiredAt: placeIn(record.acquiredAt) })
        }
      }
    }
  }

  #lost(record: BufferRecord): void {
    if (record.reportedHeld) this.heldTooLong--
    this.#watched.delete(record)
    this.traced.delete(record)
    this.leakedBytes += record.bytes
    const pool = this.#pool
    pool.lost(record)
    const acquiredAt = placeIn(record.acquiredAt)
    if (pool.events.leak.heard) pool.events.leak.emit({ pool: pool.name, bufferSize: record.bytes, acquiredAt })
    if (this.#warnedOf.has(acquiredAt) || this.#warnedOf.size >= maxWarnings) return
    this.#warnedOf.add(acquiredAt)
    process.emitWarning(`pool '${pool.name}': a buffer of ${record.bytes} bytes was collected without release.`, {
      type: 'PoolLeakWarning',
      code: 'ERR_POOL_LEAK',
      detail: acquiredAt ?? "It was not in the sample; leakDetection 'all' tells where each buffer was acquired."
    })
  }
}
