import type { BufferSource, Lease, NonSharedBuffer, WaitOptions } from '@pool/core'

/** How long a download waits for memory, in ms. */
export interface DownloadWaits {
  /** For its first chunk, when it can still be refused; 0: not at all. */
  readonly firstMs: number
  /** For each later one, above 0. */
  readonly laterMs: number
}

/**
 * The pool of files as one download sees it: a download that has not begun is refused soon, one that has begun waits for slower clients.
 */
export class DownloadMemory implements BufferSource<NonSharedBuffer> {
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #waits: DownloadWaits
  #hasBegun = false

  constructor(pool: BufferSource<NonSharedBuffer>, waits: DownloadWaits) {
    this.#pool = pool
    this.#waits = waits
  }

  get name(): string {
    return this.#pool.name
  }

  get maxBytes(): number {
    return this.#pool.maxBytes
  }

  lease(bytes: number): Lease<NonSharedBuffer> {
    return this.#began(this.#pool.lease(bytes))
  }

  async leaseAsync(bytes: number, options: WaitOptions = {}): Promise<Lease<NonSharedBuffer>> {
    const timeoutMs = this.#timeoutMs
    return timeoutMs === 0 ? this.lease(bytes) : this.#began(await this.#pool.leaseAsync(bytes, { ...options, timeoutMs }))
  }

  acquire(minBytes: number): NonSharedBuffer {
    return this.#began(this.#pool.acquire(minBytes))
  }

  async acquireAsync(minBytes: number, options: WaitOptions = {}): Promise<NonSharedBuffer> {
    const timeoutMs = this.#timeoutMs
    return timeoutMs === 0 ? this.acquire(minBytes) : this.#began(await this.#pool.acquireAsync(minBytes, { ...options, timeoutMs }))
  }

  release(buffer: NonSharedBuffer): void {
    this.#pool.release(buffer)
  }

  get #timeoutMs(): number {
    return this.#hasBegun ? this.#waits.laterMs : this.#waits.firstMs
  }

  #began<T>(memory: T): T {
    this.#hasBegun = true
    return memory
  }
}
