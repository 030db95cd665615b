import { PoolError } from '@pool/core/kit/universal'

/** A pool with a name. */
export interface Named {
  readonly name: string
}

/** The pool was destroyed. */
export function closed(pool: Named): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool.name}' was destroyed. Make a new one, or destroy it later.`)
}

/** An invariant of a pool's records does not hold. */
export function corrupt(contradiction: string): PoolError {
  return new PoolError('ERR_POOL_CORRUPT', `the records of the pool are wrong: ${contradiction}. This is a bug; please report it.`)
}
