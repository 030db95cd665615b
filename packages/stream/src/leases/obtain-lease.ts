import { type BufferSource, isPoolError, type Lease } from '@pool/core'

/**
 * A lease at once where there is one, and else a promise of one: most leases need not cost a promise.
 * @param signal - ends the wait; the promise then rejects with its reason
 * @throws as the pool's `lease`, but for `ERR_POOL_EXHAUSTED`
 */
export function obtainLease(
  pool: BufferSource<Buffer>,
  bytes: number,
  signal: AbortSignal | undefined
): Lease<Buffer> | Promise<Lease<Buffer>> {
  return leaseNow(pool, bytes) ?? pool.leaseAsync(bytes, signal === undefined ? {} : { signal })
}

/** A lease, or nothing while the pool is exhausted. */
export function leaseNow(pool: BufferSource<Buffer>, bytes: number): Lease<Buffer> | undefined {
  try {
    return pool.lease(bytes)
  } catch (error) {
    if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return undefined
    throw error
  }
}
