import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'

/** The fewest bytes that a list leases for a write. */
const leastBytes = 256

/** Memory that a list leased and has not filled yet. */
export class ListTail {
  /** The list's own lease of it; segments of its bytes have others. */
  readonly lease: Lease<NonSharedBuffer>
  /** The memory. */
  readonly buffer: NonSharedBuffer
  /** Bytes that are taken, from the beginning. */
  at = 0

  /** Takes `lease` over. */
  constructor(lease: Lease<NonSharedBuffer>) {
    this.lease = lease
    this.buffer = lease.buffer
  }

  /** Bytes that are left. */
  get free(): number {
    return this.buffer.length - this.at
  }

  /** Gives the lease back; never throws. */
  release(): void {
    this.lease[Symbol.dispose]()
  }

  /** Gives the lease back and withdraws the memory, which something may still write to. */
  withdraw(): void {
    try {
      this.lease.discard()
    } catch {
      // Its memory was transferred away, and its pool has counted that.
    }
  }
}

/**
 * Leases memory for `bytes` behind `length` others: as much as the list has already, so that a short list holds little and a long one has
 * few segments.
 * @throws any error of the pool's `lease`; all memory is back then
 */
export function leaseTails(pool: BufferSource<NonSharedBuffer>, bytes: number, length: number, segmentBytes: number): ListTail[] {
  const tails: ListTail[] = []
  try {
    for (let leased = 0; leased < bytes; ) {
      const left = bytes - leased
      const growth = 2 ** (31 - Math.clz32(Math.min(length + leased, segmentBytes)))
      const tail = new ListTail(pool.lease(Math.min(segmentBytes, Math.max(left, growth, leastBytes))))
      tails.push(tail)
      leased += tail.buffer.length
    }
  } catch (error) {
    for (const tail of tails) tail.release()
    throw error
  }
  return tails
}
