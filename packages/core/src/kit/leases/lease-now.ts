import type { BufferSource, Lease } from '../../interfaces/buffer-source.js'
import { isPoolError } from '../errors.js'

/**
 * A lease, or `undefined` while the pool is exhausted.
 * @throws as the pool's `lease`, but for `ERR_POOL_EXHAUSTED`
 */
export function leaseNow<B extends Uint8Array>(pool: BufferSource<B>, bytes: number): Lease<B> | undefined {
  try {
    return pool.lease(bytes)
  } catch (error) {
    if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
    throw error
  }
}
