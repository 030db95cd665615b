import type { ServerResponse } from 'node:http'
import { type BufferSource, isPoolError, type Lease, type NonSharedBuffer } from '@pool/core'
import { validInteger, validWait } from '@pool/core/kit/universal'
import { unavailable } from './http-failure.js'

/** The options of a middleware about requests that find no memory. */
export interface AdmissionOptions {
  /** How long a request waits in the pool's queue when nothing is free, in ms; 0: not at all. Then 503. Default 1000. */
  readonly waitMs?: number
  /** The `retry-after` of a 503, in seconds, an integer. Default 1. */
  readonly retryAfterSeconds?: number
}

/** Leases memory for requests. */
export interface LeaseGiver {
  /** How many requests wait now. */
  readonly waiting: number
  /**
   * A lease of `bytes`; `undefined` when nothing is free now and a wait may help.
   * @throws 503, the pool's error with `status` and `retry-after`; any other error as it is
   */
  now(bytes: number, response: ServerResponse): Lease<NonSharedBuffer> | undefined
  /**
   * Waits for a lease of `bytes` in the pool's queue.
   * @throws (rejects) as {@link LeaseGiver.now}, and the signal's reason
   */
  wait(bytes: number, signal: AbortSignal, response: ServerResponse): Promise<Lease<NonSharedBuffer>>
}

/** Leases memory for requests: at once, after a wait, or not at all. */
export class Admission implements LeaseGiver {
  /** Where the memory comes from. */
  readonly pool: BufferSource<NonSharedBuffer>
  readonly #waitMs: number
  readonly #retryAfterSeconds: number
  waiting = 0

  /**
   * Leases from `pool`.
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  constructor(pool: BufferSource<NonSharedBuffer>, { waitMs = 1000, retryAfterSeconds = 1 }: AdmissionOptions) {
    this.pool = pool
    this.#waitMs = validWait('waitMs', waitMs)
    this.#retryAfterSeconds = validInteger('retryAfterSeconds', retryAfterSeconds, 0, 86_400 * 365)
  }

  now(bytes: number, response: ServerResponse): Lease<NonSharedBuffer> | undefined {
    try {
      return this.pool.lease(bytes)
    } catch (error) {
      if (this.#waitMs > 0 && isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
      throw unavailable(error, this.#retryAfterSeconds, response)
    }
  }

  async wait(bytes: number, signal: AbortSignal, response: ServerResponse): Promise<Lease<NonSharedBuffer>> {
    this.waiting++
    try {
      return await this.pool.leaseAsync(bytes, { timeoutMs: this.#waitMs, signal })
    } catch (error) {
      throw unavailable(error, this.#retryAfterSeconds, response)
    } finally {
      this.waiting--
    }
  }
}
