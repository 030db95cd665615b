import type { FreeList } from './free-list.js'

/** Where a buffer of a pool is. An enum, because the build then writes its numbers straight into the hot path. */
export enum BufferState {
  /** Idle in the pool. */
  Free = 0,
  /** Out with a user, by acquire. */
  Out = 1,
  /** Out with a user, by lease. */
  Leased = 2,
  /** Out of the pool for good: discarded, withdrawn, or revoked. */
  Gone = 3,
  /** A flag beside Out or Leased: the release has more to do than usual, so it takes the slow path. */
  Watched = 4,
  /** The bits of all these. */
  All = 7
}

/**
 * The pool's record of a buffer, beyond its brand. The pool can reach the record while the buffer is out, and learns through it that
 * the buffer was collected; so the record must never refer to the buffer, or to an object that does.
 */
export class BufferRecord {
  /** The list that the buffer belongs to. */
  readonly freeList: FreeList
  /** Its length in bytes. */
  readonly bytes: number
  /** Leases of it that are not released; counted only once it is shared. */
  holds = 0
  /** Set once it must not be used again. */
  quarantined = false
  /** Whether it lies poisoned in the pool (debug mode). */
  poisoned = false
  /** Whether its memory left the pool in order: its collection is then no leak. */
  gone = false
  /** The trace of the buffer's users; most buffers have none. */
  trace: BufferTrace | undefined = undefined

  /** A record of a new buffer of `bytes`. */
  constructor(freeList: FreeList, bytes: number) {
    this.freeList = freeList
    this.bytes = bytes
  }

  /** The trace, made where there is none. */
  traced(): BufferTrace {
    this.trace ??= new BufferTrace()
    return this.trace
  }

  /** The record of the memory that this one's was moved to. */
  successor(): BufferRecord {
    const next = new BufferRecord(this.freeList, this.bytes)
    next.poisoned = this.poisoned
    next.trace = this.trace
    return next
  }
}

/** Where a buffer was used, and since when it is out. */
export class BufferTrace {
  /** Where it was acquired, if that was sampled. */
  acquiredAt: string | undefined = undefined
  /** Where it was acquired before that, if that was sampled. */
  lastAcquiredAt: string | undefined = undefined
  /** Where it was released last (debug mode). */
  releasedAt: string | undefined = undefined
  /** When a beat first saw it out, in ms; 0 when none has. */
  seenOutAt = 0
  /** Whether it was reported as held too long. */
  reportedHeld = false
  /** The way to the buffer for the watch on those held too long; weak, so that it can still be seen to be lost. */
  buffer: WeakRef<Buffer> | undefined = undefined
}
