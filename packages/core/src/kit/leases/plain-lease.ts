import { PoolError } from '../errors.js'
import { type LeaseKeeper, PooledLease } from './pooled-lease.js'

const collected: LeaseKeeper<object> = {
  takeBack() {},
  share() {},
  quarantine() {},
  releasedTwice: () => new PoolError('ERR_POOL_DOUBLE_RELEASE', 'this lease was released before. Release each lease once.'),
  usedAfterRelease: () => new PoolError('ERR_POOL_LEASE_RELEASED', 'this lease was released. Release it after the last use.')
}

/**
 * A lease of memory that belongs to no pool, such as bytes that are too few to be worth one, or none at all: `plainLease(Buffer.alloc(0))`.
 * It keeps the contract of a pool's lease, so its user need not ask where it came from; the collector takes the memory.
 * @param view - the bytes; the caller gives them up
 */
export function plainLease<B extends Uint8Array>(view: B): PooledLease<B, object> {
  return new PooledLease<B, object>(collected, collected, view)
}
