import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'

/**
 * A lease, or `undefined` where the pool refuses one for any cause: the socket's callbacks must not throw. The wait that follows
 * rejects with the cause, such as `ERR_POOL_CLOSED`, and the connection ends with it.
 */
export function leaseAtHand(pool: BufferSource<NonSharedBuffer>, bytes: number): Lease<NonSharedBuffer> | undefined {
  try {
    return pool.lease(bytes)
  } catch {
    return undefined
  }
}
