import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { Segment } from './segment-list.js'

/** The fewest bytes that a list leases for a write. */
export const leastBytes = 256

/** Memory that a list leased and has not filled yet. */
export class ListTail {
  /** The lease of it, until a segment is the first to have bytes in it; from then on that segment has the lease. */
  #lease: Lease<NonSharedBuffer> | undefined
  #holder: Segment | undefined = undefined
  /** The memory. */
  readonly buffer: NonSharedBuffer
  /** Bytes that are taken, from the beginning. */
  at = 0

  /** Takes `lease` over. */
  constructor(lease: Lease<NonSharedBuffer>) {
    this.#lease = lease
    this.buffer = lease.buffer
  }

  /** Bytes that are left. */
  get free(): number {
    return this.buffer.length - this.at
  }

  /** A segment of the bytes up to `end`, which are taken then. A lease of its own would cost short lists more than writing their bytes does. */
  segment(end: number): Segment {
    const lease = this.#lease ?? this.#holder?.lease?.retain()
    const segment = new Segment(this.buffer, this.at, end, lease as Lease<NonSharedBuffer>)
    if (this.#lease !== undefined) {
      this.#lease = undefined
      this.#holder = segment
    }
    return segment
  }

  /** Takes the lease back where one of these segments has it: it is not to be released along with them. Returns that segment. */
  takeBack(dropped: readonly Segment[]): Segment | undefined {
    const holder = this.#holder
    if (holder === undefined || !dropped.includes(holder)) return undefined
    this.#holder = undefined
    this.#lease = holder.lease
    return holder
  }

  /** Has a lease of its own from now on, since its segments leave with theirs. */
  keepOwn(): void {
    this.#lease ??= this.#holder?.lease?.retain() as Lease<NonSharedBuffer>
    this.#holder = undefined
  }

  /** Gives the lease back, unless a segment has it; never throws. */
  release(): void {
    this.#lease?.[Symbol.dispose]()
  }

  /** Withdraws the memory, which something may still write to, and gives the lease back. */
  withdraw(): void {
    try {
      ;(this.#lease ?? this.#holder?.lease)?.discard()
    } catch {
      // Its memory was transferred away, and its pool has counted that.
    }
  }
}

/**
 * Leases memory for `bytes` behind `length` others, in one piece of up to `segmentBytes`: as much as the list has already, so that a short
 * list holds little and a long one has few segments.
 * @throws any error of the pool's `lease`
 */
export function leaseTail(pool: BufferSource<NonSharedBuffer>, bytes: number, length: number, segmentBytes: number): ListTail {
  const growth = 2 ** (31 - Math.clz32(Math.min(length, segmentBytes)))
  return new ListTail(pool.lease(Math.min(segmentBytes, Math.max(bytes, growth, leastBytes))))
}
