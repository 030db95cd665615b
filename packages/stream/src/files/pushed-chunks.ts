import type { Lease } from '@pool/core'

interface PushedChunk {
  readonly lease: Lease<Buffer>
  /** Bytes pushed when this chunk was, itself included. */
  readonly end: number
}

/**
 * The leases behind the chunks that a readable stream was given, in order, and which of them were read: a stream tells how many
 * bytes lie in its buffer, not whose.
 *
 * ```
 *   [ read: somebody has them │ unread: in the readable buffer ]
 *   0                     all - unread                        all
 * ```
 */
export class PushedChunks {
  readonly #chunks: PushedChunk[] = []
  #all = 0

  /** How many leases are noted. */
  get size(): number {
    return this.#chunks.length
  }

  /** Notes a chunk of `bytes`, and its lease if it has one. */
  add(bytes: number, lease?: Lease<Buffer>): void {
    this.#all += bytes
    if (lease !== undefined) this.#chunks.push({ lease, end: this.#all })
  }

  /** Takes out what ended at least `behind` bytes before the last one pushed. */
  takeFirst(behind: number): Lease<Buffer>[] {
    const upTo = this.#all - behind
    const count = this.#chunks.findIndex(({ end }) => end > upTo)
    return this.#leases(0, count < 0 ? this.#chunks.length : count)
  }

  /** Takes out what ended within the last `unread` bytes. */
  takeLast(unread: number): Lease<Buffer>[] {
    const from = this.#chunks.findIndex(({ end }) => end > this.#all - unread)
    return from < 0 ? [] : this.#leases(from, this.#chunks.length)
  }

  /** The last `unread` bytes went nowhere: they count no more. */
  forgetLast(unread: number): void {
    this.#all -= unread
  }

  #leases(from: number, to: number): Lease<Buffer>[] {
    return this.#chunks.splice(from, to - from).map(({ lease }) => lease)
  }
}
