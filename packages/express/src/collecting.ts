/** The most that Node reads from a socket at a time: a body no longer than this seldom comes in more than one chunk. */
const readBytes = 65_536

/**
 * How many bytes of bodies may lie in the chunks that Node read them into, over all requests, until each is whole and copied into
 * its lease.
 *
 * A lease that is taken at the end is the one that went back last, still in the cache; leases that are taken first and
 * filled side by side are not. But chunks are outside the pool's bound, so that they need this one.
 */
export class Collecting {
  #freeBytes: number

  /** Room for `bytes`; 0: every body is copied as it comes. */
  constructor(bytes: number) {
    this.#freeBytes = bytes
  }

  /** Takes the room that a body of `length` bytes needs; false, and nothing taken, when there is not enough or it would not pay. */
  admit(length: number): boolean {
    if (length <= readBytes || length > this.#freeBytes) return false
    this.#freeBytes -= length
    return true
  }

  /** Gives the room of a body of `length` bytes back. */
  leave(length: number): void {
    this.#freeBytes += length
  }
}
