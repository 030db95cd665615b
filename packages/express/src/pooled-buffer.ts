import type { IncomingMessage } from 'node:http'
import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { validInteger, validOptions, validSource, whenOver } from '@pool/core/kit'
import { Admission, type AdmissionOptions } from './admission.js'
import type { Middleware } from './connect.js'
import { aborted, tooLarge } from './http-failure.js'

declare global {
  namespace Express {
    interface Request {
      /** A scratch buffer that lives as long as the request; there where `pooledBuffer()` of `@pool/express` is. */
      pooledBuffer?: NonSharedBuffer | undefined
    }
  }
}

/** The options of {@link pooledBuffer}. */
export interface PooledBufferOptions extends AdmissionOptions {
  /** Where the buffers come from; any implementation of core's interface. */
  readonly pool: BufferSource<NonSharedBuffer>
  /** Bytes of the buffer for requests without a length, or with a smaller one. Default 1024, or `maxBytes` if that is less. */
  readonly minBytes?: number
  /** The longest content-length that gets a buffer; above it, 413. Default: the `maxBytes` of the pool. */
  readonly maxBytes?: number
}

interface ScratchRequest extends IncomingMessage {
  pooledBuffer?: NonSharedBuffer | undefined
}

/**
 * Gives each request a scratch buffer as `request.pooledBuffer`: as many bytes as its content-length, and `minBytes` at least.
 * Its contents are not zeroed unless the pool does that. It goes back to the pool once the response is finished, closed or aborted;
 * no code may touch it afterwards. The body is not read.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function pooledBuffer(options: PooledBufferOptions): Middleware {
  validOptions('options', options, ['pool', 'minBytes', 'maxBytes', 'waitMs', 'retryAfterSeconds'])
  const pool = validSource('pool', options.pool)
  const { maxBytes = pool.maxBytes } = options
  validInteger('maxBytes', maxBytes, 1, pool.maxBytes)
  const { minBytes = Math.min(1024, maxBytes) } = options
  validInteger('minBytes', minBytes, 1, maxBytes)
  const admission = new Admission(pool, options)
  return (request: ScratchRequest, response, next) => {
    const length = Number.parseInt(request.headers['content-length'] ?? '0', 10) || 0
    if (length > maxBytes) {
      next(tooLarge(maxBytes, { expected: length, length }))
      return
    }
    const bytes = Math.max(length, minBytes)
    let held: Lease<NonSharedBuffer> | undefined
    let waiting: AbortController | undefined
    let isOver = false
    const isOpen = whenOver(response, request.socket, () => {
      isOver = true
      waiting?.abort()
      const lease = held
      held = undefined
      try {
        if (lease !== undefined) request.pooledBuffer = undefined
      } catch {
        // An earlier middleware made the property one that can't be set.
      }
      lease?.[Symbol.dispose]()
    })
    const give = (lease: Lease<NonSharedBuffer>): void => {
      held = lease
      try {
        request.pooledBuffer = lease.buffer
      } catch (error) {
        next(error)
        return
      }
      next()
    }
    if (!isOpen) {
      next(aborted(length, 0))
      return
    }
    let lease: Lease<NonSharedBuffer> | undefined
    try {
      lease = admission.now(bytes, response)
    } catch (error) {
      next(error)
      return
    }
    if (lease !== undefined) {
      give(lease)
      return
    }
    waiting = new AbortController()
    admission.wait(bytes, waiting.signal, response).then(
      (late) => {
        if (!isOver) return give(late)
        late[Symbol.dispose]()
        next(aborted(length, 0))
      },
      (error: unknown) => next(isOver ? aborted(length, 0) : error)
    )
  }
}
