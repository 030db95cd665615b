import { type Lease, PoolError } from '@pool/core'
import { BufferView, type LeaseKeeper, type NonSharedBuffer, PooledLease } from '@pool/core/kit'

/**
 * Memory that bytes of a connection arrived in. The connection and each lease that was cut out of it hold one reference; the last to
 * go gives the memory back.
 *
 * ```
 *   bytes   [ read: perhaps still leased │ read ahead │ room for more ]
 *           0                          start         end        capacity
 * ```
 */
export class Segment {
  readonly #lease: Lease<NonSharedBuffer> | undefined
  /** All of the memory. */
  readonly bytes: NonSharedBuffer
  /** Bytes of all of the memory. */
  readonly capacity: number
  // Asking a Buffer for these costs ten times as much as a field.
  readonly #memory: NonSharedBuffer['buffer']
  readonly #base: number
  #references = 1
  #isWithdrawn = false
  /** Where the bytes begin that were not read yet. */
  start = 0
  /** Where they end. */
  end = 0

  /** Takes over `lease`, which `bytes` belong to; without one the collector takes the memory. */
  constructor(bytes: NonSharedBuffer, lease: Lease<NonSharedBuffer> | undefined) {
    this.bytes = bytes
    this.capacity = bytes.length
    this.#memory = bytes.buffer
    this.#base = bytes.byteOffset
    this.#lease = lease
  }

  /** Bytes that were not read yet. */
  get length(): number {
    return this.end - this.start
  }

  /** Bytes that have room behind the last. */
  get room(): number {
    return this.capacity - this.end
  }

  /** Whether the memory is a pool's. */
  get isLeased(): boolean {
    return this.#lease !== undefined
  }

  /** Whether the caller has the only reference, and nothing keeps the memory from being filled anew. */
  get isFree(): boolean {
    return this.#references === 1 && !this.#isWithdrawn && this.start === this.end
  }

  /** Begins anew; of a segment that is free. */
  rewind(): void {
    this.start = 0
    this.end = 0
  }

  /** Adds a reference. */
  refer(): void {
    this.#references++
  }

  /** Gives a reference up. */
  release(): void {
    if (--this.#references > 0) return
    const lease = this.#lease
    if (lease === undefined) return
    if (this.#isWithdrawn && !lease.released) lease.discard()
    else lease[Symbol.dispose]()
  }

  /** Keeps the memory from having another owner. */
  withdraw(): void {
    this.#isWithdrawn = true
  }

  /** A view of `bytes` from `start` on. */
  view(start: number, bytes: number): NonSharedBuffer {
    return new BufferView(this.#memory, this.#base + start, bytes)
  }

  /** Consumes `bytes`, and leases them. */
  cut(bytes: number): Lease<NonSharedBuffer> {
    const { start } = this
    this.start = start + bytes
    this.#references++
    return new PooledLease(keeper, this, new BufferView(this.#memory, this.#base + start, bytes))
  }

  /** Leases all that there is and hands the caller's reference over. */
  handOver(): Lease<NonSharedBuffer> {
    const { start, length } = this
    if (length === this.capacity && this.#references === 1 && !this.#isWithdrawn && this.#lease !== undefined) return this.#lease
    this.start = this.end
    return new PooledLease(keeper, this, new BufferView(this.#memory, this.#base + start, length))
  }
}

const keeper: LeaseKeeper<Segment> = {
  takeBack: (segment) => segment.release(),
  share: (segment) => segment.refer(),
  quarantine: (segment) => segment.withdraw(),
  releasedTwice: () => new PoolError('ERR_POOL_DOUBLE_RELEASE', 'this lease was released before. Release each lease once.'),
  usedAfterRelease: () =>
    new PoolError(
      'ERR_POOL_LEASE_RELEASED',
      'this lease was released, and its memory may have another owner. Release it after the last use.'
    )
}
