import type { Lease } from '../../interfaces/buffer-source.js'
import { PooledLease } from './pooled-lease.js'

/**
 * Takes a lease over: the lease that was given counts as released from now on, so that its giver can't take the memory from under a write. The
 * memory does not go back to its pool meanwhile. Costs one object; of a lease that is not a {@link PooledLease} of this copy of core, a retain and a release.
 * @returns a lease of the same bytes, to be released by the caller of this function
 * @throws `ERR_POOL_LEASE_RELEASED`
 */
export function takeOver<B extends Uint8Array>(lease: Lease<B>): Lease<B> {
  // Not of a derived class, whose release may do more.
  if (lease.constructor === PooledLease) return PooledLease.moved(lease as PooledLease<B>)
  const own = lease.retain()
  lease[Symbol.dispose]()
  return own
}

/**
 * Takes the leases among `pieces` over, as {@link takeOver} does: all, or none where one of them throws. The same lease may be there several times.
 * @returns the pieces, with leases to be released by the caller of this function, each once
 * @throws `ERR_POOL_LEASE_RELEASED`; each lease is then still its giver's
 */
export function takeOverAll<P>(pieces: readonly P[], isLease: (piece: P) => piece is P & Lease): P[] {
  const own: P[] = []
  try {
    for (const piece of pieces) own.push(isLease(piece) ? (piece.retain() as P & Lease) : piece)
  } catch (error) {
    dispose(own, isLease)
    throw error
  }
  // Not before: a lease that is there twice can be retained until it is given up.
  dispose(pieces, isLease)
  return own
}

function dispose<P>(pieces: readonly P[], isLease: (piece: P) => piece is P & Lease): void {
  for (const piece of pieces) if (isLease(piece)) piece[Symbol.dispose]()
}
