import type { Lease } from '@pool/core'

/**
 * A lease of which only a part holds something: the end of a file, what a transform put out. Everything but the view is the
 * whole lease's.
 *
 * ```
 *   whole.buffer  [ ▒▒▒▒▒▒▒▒▒▒▒▒ bytes that were read ▒▒▒▒▒▒▒▒▒▒▒▒ | never shown ]
 *   buffer        [ ▒▒▒▒▒▒▒▒▒▒▒▒ bytes that were read ▒▒▒▒▒▒▒▒▒▒▒▒ ]
 * ```
 */
export class PartialLease implements Lease<Buffer> {
  readonly #whole: Lease<Buffer>
  readonly #part: Buffer

  /** Takes `whole` over and shows `part` of it. */
  constructor(whole: Lease<Buffer>, part: Buffer) {
    this.#whole = whole
    this.#part = part
  }

  get buffer(): Buffer {
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

  retain(): PartialLease {
    return new PartialLease(this.#whole.retain(), this.#part)
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

/** `lease` cut to its first `bytes`, at least one; the same lease when that is all of it. */
export function firstBytes(lease: Lease<Buffer>, bytes: number): Lease<Buffer> {
  const { buffer } = lease
  return bytes === buffer.length ? lease : new PartialLease(lease, buffer.subarray(0, bytes))
}
