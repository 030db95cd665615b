import { PooledLease as KitLease } from '../kit/leases/pooled-lease.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'

/** A lease of a pool's memory; see {@link Pool.lease}. It is safe since each lease is an object: once released, it has nothing left to release. */
export type PooledLease = KitLease<NonSharedBuffer, NonSharedBuffer>
/** The class of all leases that pools make. */
export const PooledLease: typeof KitLease = KitLease
