import type { Readable } from 'node:stream'
import type { Lease, NonSharedBuffer } from '@pool/core'

/**
 * The pooled chunks of one stream, from the moment when the stream has them until their reader releases them. A chunk is known by
 * identity: the reader gets the very Buffer that was pushed, or else a part or a copy of it.
 *
 * ```
 *   pushed ──► unread ──► the very Buffer    the reader's until release(chunk)
 *                │   └──► a part, a mixture  the reader's for ever: its memory is withdrawn from the pool
 *                └ destroyed                 released
 * ```
 */
export class LentChunks {
  readonly #stream: Readable
  readonly #leases = new WeakMap<Uint8Array, Lease<NonSharedBuffer>>()
  /** The chunks that were pushed and are not known to be read, in order. */
  readonly #unread: Buffer[] = []

  /** Nothing is lent yet. */
  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** Records a chunk that is about to be pushed; `lease` where its memory is pooled. */
  add(chunk: Buffer, lease: Lease<NonSharedBuffer> | undefined): void {
    this.#forgetRead()
    this.#unread.push(chunk)
    if (lease !== undefined) this.#leases.set(chunk, lease)
  }

  /** Records that the stream handed out `chunk`: one that was pushed, or a part or a mixture of several. */
  handOut(chunk: unknown): void {
    if (this.#unread[0] === chunk) this.#unread.shift()
    else for (const unread of this.#unread.splice(0)) this.withdraw(unread)
  }

  /** Releases a chunk; false where it is not pooled, or was released. */
  release(chunk: Uint8Array): boolean {
    return this.#take(chunk, (lease) => lease.release())
  }

  /** Takes a chunk's memory out of its pool for good, since a reader may keep a part of it. */
  withdraw(chunk: Uint8Array): void {
    this.#forgetRead()
    this.#take(chunk, (lease) => lease.discard())
  }

  /** Releases the chunks that the stream still has, once `consume` is done with them. */
  releaseUnread(consume: () => void = () => {}): void {
    this.#forgetRead()
    consume()
    for (const chunk of this.#unread.splice(0)) this.release(chunk)
  }

  /** A stream that flows hands a chunk out without `read()`; once its buffer is empty, all that was pushed is read. */
  #forgetRead(): void {
    if (this.#stream.readableLength === 0) this.#unread.length = 0
  }

  #take(chunk: Uint8Array, how: (lease: Lease<NonSharedBuffer>) => void): boolean {
    const lease = this.#leases.get(chunk)
    if (lease === undefined) return false
    this.#leases.delete(chunk)
    how(lease)
    return true
  }
}
