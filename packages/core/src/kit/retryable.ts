import { isPoolError } from './errors.js'

const retryable = new Set<unknown>(['ERR_POOL_EXHAUSTED', 'ERR_POOL_ACQUIRE_TIMEOUT', 'ERR_POOL_QUEUE_FULL'])

/**
 * Whether an acquire failed because the pool is busy: `ERR_POOL_EXHAUSTED`, `ERR_POOL_ACQUIRE_TIMEOUT` or `ERR_POOL_QUEUE_FULL`. The same
 * acquire may succeed later; a server answers 503 with `retry-after`.
 */
export function isRetryable(error: unknown): boolean {
  return isPoolError(error) && retryable.has(error.code)
}
