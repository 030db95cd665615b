import { type Lease, PoolError } from '@pool/core'

/**
 * A lease of exactly the bytes of a body, where the memory below is longer than the body, or where there is none, since the body
 * is empty.
 *
 * ```
 *   inner.buffer  ┌────────── body ──────────┬── room that was not needed ──┐
 *   buffer        └──────────────────────────┘
 * ```
 */
export class BodyLease implements Lease<Buffer> {
  readonly #inner: Lease<Buffer> | undefined
  readonly #view: Buffer
  #emptyReleased = false

  /** Takes over `inner`: whoever releases this lease releases that one. */
  constructor(inner: Lease<Buffer> | undefined, bytes: number) {
    this.#inner = inner
    this.#view = inner === undefined ? Buffer.alloc(0) : inner.buffer.subarray(0, bytes)
  }

  get buffer(): Buffer {
    this.#open()
    return this.#view
  }

  get released(): boolean {
    return this.#inner === undefined ? this.#emptyReleased : this.#inner.released
  }

  release(): void {
    if (this.#inner !== undefined) this.#inner.release()
    else if (this.#emptyReleased) {
      throw new PoolError('ERR_POOL_DOUBLE_RELEASE', 'this lease of an empty body was released before. Release each lease once.')
    } else this.#emptyReleased = true
  }

  discard(): void {
    if (this.#inner === undefined) this.release()
    else this.#inner.discard()
  }

  retain(): Lease<Buffer> {
    this.#open()
    return new BodyLease(this.#inner?.retain(), this.#view.length)
  }

  async hold<T>(pending: PromiseLike<T>): Promise<T> {
    this.#open()
    return this.#inner === undefined ? pending : this.#inner.hold(pending)
  }

  [Symbol.dispose](): void {
    if (!this.released) this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#inner === undefined) this[Symbol.dispose]()
    else await this.#inner[Symbol.asyncDispose]()
  }

  #open(): void {
    if (this.#inner !== undefined) void this.#inner.buffer
    else if (this.#emptyReleased) throw new PoolError('ERR_POOL_LEASE_RELEASED', 'this lease of an empty body was released.')
  }
}
