/** How long a waiting acquire may wait, and the signal that aborts it. */
export interface WaitOptions {
  /** Longest wait in milliseconds, above 0; `Infinity` waits as long as it takes. Default: the pool's `acquireTimeoutMs`. */
  readonly timeoutMs?: number
  /** Calls the wait off; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Memory taken from a pool for a while, exactly as long as was asked for.
 *
 * ```
 *   lease ──┬── retain() ──► another lease of the same bytes
 *           ├── hold(promise) ──► the bytes stay out until it settles
 *           └── release() ──► the last one out gives the memory back
 * ```
 *
 * The holder of the lease may read and write `buffer` until release, and not afterwards. Each lease is released once;
 * one that was released can never touch the memory's next owner.
 */
export interface Lease<B extends Uint8Array = Uint8Array> extends Disposable, AsyncDisposable {
  /**
   * The memory: exactly the bytes asked for.
   * @throws `ERR_POOL_LEASE_RELEASED` once this lease was released
   */
  readonly buffer: B
  /** Whether this lease was released or discarded. */
  readonly released: boolean
  /**
   * Gives this lease up. The memory returns to its pool when every lease of it was released and all that it is held for has settled.
   * @throws `ERR_POOL_DOUBLE_RELEASE` when this lease was released before
   */
  release(): void
  /**
   * Gives this lease up and withdraws its memory: no later acquire will get it. For memory to which a write may be under way.
   * @throws `ERR_POOL_DOUBLE_RELEASE` when this lease was released before
   */
  discard(): void
  /**
   * Another lease of the same bytes, to be released on its own: one for each reader of a fan-out.
   * @throws `ERR_POOL_LEASE_RELEASED` once this lease was released
   */
  retain(): Lease<B>
  /**
   * Keeps the memory out until `pending` settles, however early the lease is released. When it rejects, the memory is
   * withdrawn: an aborted read may still be writing to it.
   * @returns a promise that settles as `pending` does; it may be ignored, and its rejection then goes unreported
   * @throws `ERR_POOL_LEASE_RELEASED` once this lease was released; `ERR_POOL_INVALID_OPTION` when `pending` is not a promise
   */
  hold<T>(pending: PromiseLike<T>): Promise<T>
  /** Releases the lease unless that was done; never throws. */
  [Symbol.dispose](): void
  /** Waits for all that this lease is held for, then releases it unless that was done; never rejects. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Where buffers come from. The packages of the family ask for nothing more, so that a pool of your own that implements it
 * works with all of them; `@pool/core/testing` holds the contract as a suite that it can run.
 */
export interface BufferSource<B extends Uint8Array = Uint8Array> {
  /** The pool's name in stats, errors and metrics. */
  readonly name: string
  /** The most bytes that one acquire can ever get. */
  readonly maxBytes: number
  /**
   * Takes a buffer of at least `minBytes`. The caller owns it until it hands it to {@link BufferSource.release}.
   * @param minBytes - bytes, an integer in 1..maxBytes
   * @throws `ERR_POOL_EXHAUSTED` when nothing is free and nothing may be allocated; `ERR_POOL_TOO_LARGE` above `maxBytes`;
   * `ERR_POOL_CLOSED` after destroy; `ERR_POOL_INVALID_OPTION` when `minBytes` is not such an integer
   */
  acquire(minBytes: number): B
  /**
   * Takes a buffer as {@link BufferSource.acquire} does, but waits its turn when nothing is free: first come, first served.
   * @throws (rejects) `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_QUEUE_FULL`, the signal's reason, or as `acquire`
   */
  acquireAsync(minBytes: number, options?: WaitOptions): Promise<B>
  /**
   * Gives a buffer back. The caller must not touch it afterwards.
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER`; the pool is then exactly as before
   */
  release(buffer: B): void
  /**
   * Leases exactly `bytes`.
   * @param bytes - an integer in 1..maxBytes
   * @throws as `acquire`
   */
  lease(bytes: number): Lease<B>
  /** Leases exactly `bytes`, waiting as {@link BufferSource.acquireAsync} does. */
  leaseAsync(bytes: number, options?: WaitOptions): Promise<Lease<B>>
}
