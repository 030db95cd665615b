/** Room for bytes that several holders share: each takes room for the bytes that it will hold, or learns that there is not enough. */
export class ByteRoom {
  #freeBytes: number

  /** Room for `bytes`; 0: none at all. */
  constructor(bytes: number) {
    this.#freeBytes = bytes
  }

  /** Takes room for `bytes`; false, and nothing taken, when there is not enough. */
  take(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false
    this.#freeBytes -= bytes
    return true
  }

  /** Gives room for `bytes` back. */
  giveBack(bytes: number): void {
    this.#freeBytes += bytes
  }
}
