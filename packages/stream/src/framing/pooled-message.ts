import { type Lease, PoolError } from '@pool/core'
import { type NonSharedBuffer, plainLease } from '@pool/core/kit'

/**
 * One message, as a lease of exactly its bytes: `for await (using message of decoder)`. Its reader owns it, and releases it
 * once; the bytes must not be touched afterwards.
 *
 * The same shape whether or not there is pooled memory below:
 *
 * ```
 *   within one chunk   buffer ──► ┌─ message ─┐ of the chunk, as it came: no copy, no pooled memory
 *                                 └───────────┴──────── the chunk lives as long as the message
 *   across chunks      buffer ──► ┌──────── message ────────┐ a lease of the pool, released with the message
 * ```
 */
export class PooledMessage implements Lease<NonSharedBuffer> {
  #view: NonSharedBuffer | undefined
  #lease: Lease<NonSharedBuffer> | undefined

  /**
   * A message of `view`; takes over `lease`, the memory below it, where that is pooled.
   * @internal
   */
  constructor(view: NonSharedBuffer, lease: Lease<NonSharedBuffer> | undefined) {
    this.#view = view
    this.#lease = lease
  }

  /**
   * The message.
   * @throws `ERR_POOL_LEASE_RELEASED` once it was released
   */
  get buffer(): NonSharedBuffer {
    const view = this.#view
    if (view === undefined)
      throw new PoolError('ERR_POOL_LEASE_RELEASED', 'This message was released; its memory may not be used any more.')
    return view
  }

  get released(): boolean {
    return this.#view === undefined
  }

  release(): void {
    this.#close()
    const lease = this.#lease
    if (lease !== undefined) lease.release()
  }

  discard(): void {
    this.#close()
    this.#lease?.discard()
  }

  retain(): PooledMessage {
    return new PooledMessage(this.buffer, this.#lease?.retain())
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    // A chunk's memory is not reused; but code that waits for the end of the lease waits for this.
    this.#lease ??= plainLease(this.buffer)
    return this.#lease.hold(pending)
  }

  /** Releases the message unless that was done; never throws. */
  [Symbol.dispose](): void {
    this.#view = undefined
    this.#lease?.[Symbol.dispose]()
  }

  /** Waits for all that the message is held for, then releases it unless that was done; never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease?.[Symbol.asyncDispose]()
    this.#view = undefined
  }

  #close(): void {
    if (this.#view === undefined) {
      throw new PoolError('ERR_POOL_DOUBLE_RELEASE', 'This message was released before. Release each message exactly once.')
    }
    this.#view = undefined
  }
}
