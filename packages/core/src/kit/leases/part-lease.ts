import type { Lease } from '../../interfaces/buffer-source.js'
import { validInteger } from '../checks.js'

/**
 * A lease of which only a part holds data: a body, the end of a file, the output of a transform. Everything but the view is the whole
 * lease's; releasing the part releases the whole.
 *
 * ```
 *   whole.buffer  [ ▒▒▒▒▒▒▒▒▒▒▒▒ bytes that were read ▒▒▒▒▒▒▒▒▒▒▒▒ | never shown ]
 *   part.buffer   [ ▒▒▒▒▒▒▒▒▒▒▒▒ bytes that were read ▒▒▒▒▒▒▒▒▒▒▒▒ ]
 * ```
 */
class PartLease<B extends Uint8Array> implements Lease<B> {
  readonly #whole: Lease<B>
  readonly #part: B

  constructor(whole: Lease<B>, part: B) {
    this.#whole = whole
    this.#part = part
  }

  get buffer(): B {
    // For its error once the lease was released.
    void this.#whole.buffer
    return this.#part
  }

  get released(): boolean {
    return this.#whole.released
  }

  release(): void {
    this.#whole.release()
  }

  discard(): void {
    this.#whole.discard()
  }

  retain(): PartLease<B> {
    return new (this.constructor as typeof PartLease<B>)(this.#whole.retain(), this.#part)
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    return this.#whole.hold(pending)
  }

  [Symbol.dispose](): void {
    this.#whole[Symbol.dispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#whole[Symbol.asyncDispose]()
  }
}

/**
 * The bytes `start..end` of `lease`, which the result takes over; `lease` itself where that is all of it.
 * @param start - bytes from the beginning, 0..length. Default 0
 * @param end - bytes from the beginning, start..length. Default: the length
 * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_LEASE_RELEASED` once the lease was released
 */
export function partOfLease<B extends Uint8Array>(lease: Lease<B>, start = 0, end: number = lease.buffer.length): Lease<B> {
  const { buffer } = lease
  validInteger('end', end, 0, buffer.length)
  validInteger('start', start, 0, end)
  if (start === 0 && end === buffer.length) return lease
  return new PartLease(lease, buffer.subarray(start, end) as B)
}
