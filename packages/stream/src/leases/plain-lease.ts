import { type Lease, PoolError } from '@pool/core'
import { invalid, isThenable } from '@pool/core/validate'

/**
 * A lease of memory that belongs to no pool: what is too small to be worth one. It keeps the contract of a pool's lease, so that
 * whoever holds a lease need not ask where it came from; the collector takes the memory when nobody refers to it.
 */
export class PlainLease implements Lease<Buffer> {
  readonly #buffer: Buffer
  #released = false
  #pending: Promise<unknown> | undefined = undefined

  /** A lease of `buffer`, which the caller gives up. */
  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get buffer(): Buffer {
    this.#open()
    return this.#buffer
  }

  get released(): boolean {
    return this.#released
  }

  release(): void {
    if (this.#released) {
      throw new PoolError('ERR_POOL_DOUBLE_RELEASE', 'This lease was released before. Release each lease exactly once.')
    }
    this.#released = true
  }

  discard(): void {
    this.release()
  }

  retain(): PlainLease {
    this.#open()
    return new PlainLease(this.#buffer)
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    this.#open()
    if (!isThenable(pending)) throw invalid('pending', 'a promise', pending)
    const settled = new Promise<T>((resolve) => resolve(pending))
    this.#pending = Promise.allSettled([this.#pending, settled]).then(() => {})
    return settled
  }

  [Symbol.dispose](): void {
    this.#released = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pending
    this.#released = true
  }

  #open(): void {
    if (this.#released) throw new PoolError('ERR_POOL_LEASE_RELEASED', 'This lease was released; its memory may not be used any more.')
  }
}
