import { type BufferSource, isPoolError, type Lease } from '@pool/core'

/**
 * A lease, or `undefined` while the pool is exhausted.
 * @throws as the pool's `lease`, but for `ERR_POOL_EXHAUSTED`
 */
export function leaseNow(pool: BufferSource<Buffer>, bytes: number): Lease<Buffer> | undefined {
  try {
    return pool.lease(bytes)
  } catch (error) {
    if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
    throw error
  }
}
