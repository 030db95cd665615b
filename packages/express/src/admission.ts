import type { ServerResponse } from 'node:http'
import { type BufferSource, isPoolError, type Lease } from '@pool/core'
import { unavailable } from './http-failure.js'

/** Lets requests at a pool's memory: at once, after a wait, or not at all. */
export class Admission {
  /** Where the memory comes from. */
  readonly pool: BufferSource<Buffer>
  readonly #waitMs: number
  readonly #retryAfterSeconds: number
  /** How many wait in the pool's queue now. */
  waiting = 0

  /** Waits of `waitMs` at most; refusals that ask to come again in `retryAfterSeconds`. */
  constructor(pool: BufferSource<Buffer>, waitMs: number, retryAfterSeconds: number) {
    this.pool = pool
    this.#waitMs = waitMs
    this.#retryAfterSeconds = retryAfterSeconds
  }

  /**
   * A lease of `bytes`; `undefined` when nothing is free now and a wait may help.
   * @throws 503, the pool's error with `status` and `retry-after`; any other error as it is
   */
  now(bytes: number, response: ServerResponse): Lease<Buffer> | undefined {
    try {
      return this.pool.lease(bytes)
    } catch (error) {
      if (this.#waitMs > 0 && isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
      throw unavailable(error, this.#retryAfterSeconds, response)
    }
  }

  /**
   * Waits for a lease of `bytes` in the pool's queue.
   * @throws (rejects) as {@link Admission.now}, and the signal's reason
   */
  async wait(bytes: number, signal: AbortSignal, response: ServerResponse): Promise<Lease<Buffer>> {
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
