import type { PoolError } from '../kit/errors.js'
import type { LeaseKeeper } from '../kit/leases/pooled-lease.js'
import { StampedObject } from '../kit/memory/brand.js'
import { BufferView } from '../kit/memory/buffer-view.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import type { BufferRecord } from './buffer-record.js'
import { BufferState } from './buffer-record.js'
import { FreeList } from './free-list.js'

/** The code that an acquire or a release calls when it has more to do than the hot path; it also makes the errors of refusals. */
export interface SlowPath {
  /** The pool's name. */
  readonly name: string
  /** The state of a buffer that is out by an acquire: {@link BufferState.Out} with the number of the pool above it. */
  readonly out: number
  /** Nothing is free: allocates, or throws. */
  miss(sizeClass: SizeClass, bytes: number): NonSharedBuffer
  /** An acquire that was counted and has more to do; returns the buffer to hand out. */
  attendAcquire(sizeClass: SizeClass, buffer: NonSharedBuffer): NonSharedBuffer
  /** A release that has more to do, or may not be one. */
  attendRelease(buffer: NonSharedBuffer, expected: BufferState.Out | BufferState.Leased): void
  /** Counts a second release of a lease; returns its error. */
  releasedTwice(): PoolError
  /** Returns the error of a lease that is used after its release. */
  usedAfterRelease(): PoolError
}

const isView: (value: unknown) => value is ArrayBufferView = ArrayBuffer.isView

/**
 * Private fields stamped on the buffers themselves: the owning class, and the state. No other code can see or forge them, a
 * `subarray` has none, and reading one costs about a nanosecond, where a Set or a WeakMap costs a multiple of a whole
 * acquire and release.
 */
class PooledBuffer extends StampedObject {
  #sizeClass: SizeClass
  #state: number = BufferState.Free
  #record: BufferRecord
  // The view of its last lease; the buffer itself for one of its whole length.
  #view: NonSharedBuffer
  // Asking a Buffer for its length costs ten times as much as a field.
  #viewBytes: number

  private constructor(buffer: NonSharedBuffer, sizeClass: SizeClass, record: BufferRecord) {
    super(buffer)
    this.#sizeClass = sizeClass
    this.#record = record
    this.#view = buffer
    this.#viewBytes = record.bytes
  }

  /**
   * The buffers of one size, with the hot path of every pool. It stands inside the class whose fields it reads, because a call
   * out of here would cost as much as the work.
   *
   * Each operation pays one comparison for all that may be unusual: `countdown` runs to zero when an acquire has more to do
   * (each time, or for a sample), and counts acquisitions on the way; `keep` is the length of the free list from which a
   * release has more to do, and -1 while every release has.
   */
  static readonly SizeClass = class extends FreeList implements LeaseKeeper<NonSharedBuffer> {
    /** The code for acquires and releases that leave the hot path. */
    readonly arena: SlowPath
    /** The state of a buffer that is out by an acquire of this pool. */
    readonly out: number

    /** An empty class. */
    constructor(arena: SlowPath, bufferSize: number, reserve: number, maxSize: number) {
      super(bufferSize, reserve, maxSize)
      this.arena = arena
      this.out = arena.out
    }

    /** Hands out a buffer; `bytes` counts only in the class of those above the largest. */
    take(bytes: number): NonSharedBuffer {
      const free = this.free
      const buffer = free.pop() as (NonSharedBuffer & PooledBuffer) | undefined
      if (buffer === undefined) return this.arena.miss(this, bytes)
      buffer.#state = this.out
      if (free.length < this.low) this.low = free.length
      // Truncated, because V8 then checks for no overflow.
      const countdown = (this.countdown - 1) | 0
      this.countdown = countdown
      return countdown === 0 ? this.arena.attendAcquire(this, buffer) : buffer
    }

    /**
     * Takes a buffer back, in a pool that has this class alone; false when there is more to do than usual, or the buffer may not be
     * taken back.
     */
    put(buffer: unknown): boolean {
      const free = this.free
      if (!isView(buffer) || !(#state in buffer)) return false
      if (buffer.#state !== this.out || free.length >= this.keep) return false
      buffer.#state = BufferState.Free
      free.push(buffer as PooledBuffer & NonSharedBuffer)
      return true
    }

    /** Takes a buffer of this class back from its only lease; false as of {@link put}. */
    putLeased(whole: NonSharedBuffer): boolean {
      const buffer = whole as NonSharedBuffer & PooledBuffer
      const free = this.free
      if (buffer.#state !== BufferState.Leased || free.length >= this.keep) return false
      buffer.#state = BufferState.Free
      free.push(buffer)
      return true
    }

    /** Takes a buffer back from one of its leases, and counts it as in the pool with the last. */
    takeBack(whole: NonSharedBuffer): void {
      if (this.putLeased(whole)) return
      const record = (whole as NonSharedBuffer & PooledBuffer).#record
      if (record.holds > 0) record.holds--
      if (record.holds === 0) this.arena.attendRelease(whole, BufferState.Leased)
    }

    /** Counts one lease more of a leased buffer. */
    share(whole: NonSharedBuffer): void {
      const buffer = whole as NonSharedBuffer & PooledBuffer
      const record = buffer.#record
      buffer.#state |= BufferState.Watched
      record.holds = Math.max(record.holds, 1) + 1
    }

    /** Sees to it that a leased buffer is not used again. */
    quarantine(whole: NonSharedBuffer): void {
      const buffer = whole as NonSharedBuffer & PooledBuffer
      buffer.#state |= BufferState.Watched
      buffer.#record.quarantined = true
    }

    /** Counts a second release of a lease; returns its error. */
    releasedTwice(): PoolError {
      return this.arena.releasedTwice()
    }

    /** Returns the error of a lease that is used after its release. */
    usedAfterRelease(): PoolError {
      return this.arena.usedAfterRelease()
    }

    /** Turns a buffer that was just taken into leased memory. Returns its first `bytes`: the view of the last lease when the size is the same. */
    leasedView(whole: NonSharedBuffer, bytes: number): NonSharedBuffer {
      const buffer = whole as NonSharedBuffer & PooledBuffer
      buffer.#state = (buffer.#state & BufferState.Watched) | BufferState.Leased
      if (buffer.#viewBytes === bytes) return buffer.#view
      const view = new BufferView(buffer.buffer, buffer.byteOffset, bytes)
      buffer.#view = view
      buffer.#viewBytes = bytes
      return view
    }
  }

  static put(buffer: unknown, out: number): boolean {
    if (!isView(buffer) || !(#state in buffer) || buffer.#state !== out) return false
    const sizeClass = buffer.#sizeClass
    const free = sizeClass.free
    if (free.length >= sizeClass.keep) return false
    buffer.#state = BufferState.Free
    free.push(buffer as PooledBuffer & NonSharedBuffer)
    return true
  }

  static stamp(buffer: NonSharedBuffer, sizeClass: SizeClass, record: BufferRecord): void {
    new PooledBuffer(buffer, sizeClass, record)
  }

  static sizeClassOf(buffer: unknown): SizeClass | undefined {
    return typeof buffer === 'object' && buffer !== null && #sizeClass in buffer ? buffer.#sizeClass : undefined
  }

  static hideLeasedView(buffer: Buffer): boolean {
    const pooled = buffer as Buffer & PooledBuffer
    if ((pooled.#state & ~BufferState.Watched) !== BufferState.Leased || pooled.#view === buffer) return false
    pooled.#viewBytes = 0
    return true
  }

  static stateOf(buffer: Buffer): number {
    return (buffer as Buffer & PooledBuffer).#state & BufferState.All
  }

  static setState(buffer: Buffer, state: number): void {
    const pooled = buffer as Buffer & PooledBuffer
    pooled.#state = state === BufferState.Out ? pooled.#sizeClass.out : state
  }

  static recordOf(buffer: Buffer): BufferRecord {
    return (buffer as Buffer & PooledBuffer).#record
  }
}

/** The buffers of one size, and the hot path. */
export const SizeClass = PooledBuffer.SizeClass
/** The buffers of one size, and the hot path. */
export type SizeClass = InstanceType<typeof PooledBuffer.SizeClass>
/**
 * Takes a buffer back that is out by an acquire of the pool that `out` stands for, whatever its class; false when there is more to do
 * than usual, or the buffer may not be taken back.
 */
export const put: (buffer: unknown, out: number) => boolean = PooledBuffer.put
/** Marks `buffer` as one of `sizeClass`. */
export const stamp: (buffer: NonSharedBuffer, sizeClass: SizeClass, record: BufferRecord) => void = PooledBuffer.stamp
/** The size class that a value belongs to; `undefined` for a value that no pool made. */
export const sizeClassOf: (buffer: unknown) => SizeClass | undefined = PooledBuffer.sizeClassOf
/** Gives the next lease a view of its own; false where the last one, or an acquire, showed the buffer itself. */
export const hideLeasedView: (buffer: Buffer) => boolean = PooledBuffer.hideLeasedView
/** The state of a stamped buffer. */
export const stateOf: (buffer: Buffer) => number = PooledBuffer.stateOf
/** Changes the state of a stamped buffer. */
export const setState: (buffer: Buffer, state: number) => void = PooledBuffer.setState
/** The pool's record of a stamped buffer. */
export const recordOf: (buffer: Buffer) => BufferRecord = PooledBuffer.recordOf
