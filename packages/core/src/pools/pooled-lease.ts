import { PooledLease as KitLease } from '../kit/leases/pooled-lease.js'

/** A lease of a pool's memory; see {@link Pool.lease}. One object per lease is what makes it safe: once released, it has nothing left to release. */
export type PooledLease = KitLease<Buffer, Buffer>
/** The class of all leases that pools make. */
export const PooledLease: typeof KitLease = KitLease
