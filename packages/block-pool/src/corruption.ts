import { PoolError } from '@pool/core/interfaces'

/** An invariant of a pool's records does not hold. */
export function corrupt(what: string): PoolError {
  return new PoolError('ERR_POOL_CORRUPT', `the records of the pool are wrong: ${what}. This is a bug; please report it.`)
}
