import { type BufferSource, isPoolError, type Lease } from '@pool/core'
import type { Middleware } from './connect.js'
import { tooLarge, unavailable } from './http-failure.js'
import { endWithResponse } from './response-bound.js'
import { Scratch, type ScratchRequest } from './scratch.js'
import { validSource } from './valid-source.js'
import { validInteger, validOptions, validWait } from './validate.js'

declare global {
  namespace Express {
    interface Request {
      /** A scratch buffer that lives as long as the request; there where `pooledBuffer()` of `@pool/express` is. */
      pooledBuffer?: Buffer | undefined
    }
  }
}

/** The options of {@link pooledBuffer}. */
export interface PooledBufferOptions {
  /** Where the buffers come from; any implementation of core's interface. */
  readonly pool: BufferSource<Buffer>
  /** Bytes of the buffer for requests that tell no length, or a smaller one. Default 1024, or what the pool can serve if that is less. */
  readonly minBytes?: number
  /** The longest content-length that gets a buffer; above it, 413. Default: the `maxBytes` of the pool. */
  readonly maxBytes?: number
  /** How long a request waits in the pool's queue when nothing is free, in ms; 0: not at all. Then 503. Default 1000. */
  readonly waitMs?: number
  /** The `retry-after` of a 503, in seconds, an integer. Default 1. */
  readonly retryAfterSeconds?: number
}

/**
 * Gives each request a scratch buffer as `request.pooledBuffer`: as many bytes as its content-length, and `minBytes` at least.
 * Its contents are not zeroed unless the pool does that. It goes back to the pool once the response is finished, closed or aborted;
 * nobody may touch it afterwards. The body is not read.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function pooledBuffer(options: PooledBufferOptions): Middleware {
  validOptions('options', options, ['pool', 'minBytes', 'maxBytes', 'waitMs', 'retryAfterSeconds'])
  const pool = validSource('pool', options.pool)
  const { maxBytes = pool.maxBytes, waitMs = 1000, retryAfterSeconds = 1 } = options
  validInteger('maxBytes', maxBytes, 1, pool.maxBytes)
  const { minBytes = Math.min(1024, maxBytes) } = options
  validInteger('minBytes', minBytes, 1, maxBytes)
  validWait('waitMs', waitMs)
  validInteger('retryAfterSeconds', retryAfterSeconds, 0, 86_400 * 365)
  return (request: ScratchRequest, response, next) => {
    const length = Number.parseInt(request.headers['content-length'] ?? '0', 10) || 0
    if (length > maxBytes) return next(tooLarge(maxBytes, { expected: length, length }))
    const bytes = Math.max(length, minBytes)
    const scratch = new Scratch(request)
    const refuse = (error: unknown) => next(unavailable(error, retryAfterSeconds))
    const give = (lease: Lease<Buffer>) => {
      scratch.give(lease)
      next()
    }
    let lease: Lease<Buffer>
    try {
      lease = pool.lease(bytes)
    } catch (error) {
      if (waitMs === 0 || !isPoolError(error, 'ERR_POOL_EXHAUSTED')) return refuse(error)
      endWithResponse(scratch, response, request.socket)
      pool.leaseAsync(bytes, { timeoutMs: waitMs, signal: scratch.waitSignal() }).then(give, refuse)
      return
    }
    endWithResponse(scratch, response, request.socket)
    give(lease)
  }
}
