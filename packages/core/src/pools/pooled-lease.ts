import type { SizeClass } from '../arena/size-class.js'
import { KeptLease } from '../kit/kept-lease.js'

/** A lease of a pool's memory; see {@link Pool.lease}. One object per lease is what makes it safe: once released, it has nothing left to release. */
export class PooledLease extends KeptLease<Buffer, Buffer> {}

/** Takes a buffer out of its class and leases `bytes` of it. */
export function leaseFrom(sizeClass: SizeClass, whole: Buffer, bytes: number): PooledLease {
  return new PooledLease(sizeClass, whole, sizeClass.leasedView(whole, bytes))
}
