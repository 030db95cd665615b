import { PoolError } from '@pool/core'
import { invalid } from '@pool/core/validate'
import { SlotState } from './slot.js'

/** Why nothing was allocated: full by count, full by bytes, others were first, or the system has none. */
export type Refusal = 'count' | 'bytes' | 'queue' | 'memory'

/** Whoever refuses, and its figures. */
export interface Refuser {
  readonly name: string
  readonly maxBytes: number
  readonly maxSecrets: number
  readonly maxLiveBytes: number
  readonly liveBytes: number
  readonly inUse: number
  readonly waiting: number
}

/** The pool was destroyed. */
export function closed(pool: Refuser): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool.name}' was destroyed. Make a new one, or destroy it later.`)
}

/** No length that could be asked for, or more than the pool can ever serve. */
export function noLength(pool: Refuser, bytes: unknown): PoolError {
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > pool.maxBytes) {
    return new PoolError(
      'ERR_POOL_TOO_LARGE',
      `pool '${pool.name}' can never serve ${bytes} bytes: its most are ${pool.maxBytes}. Ask for less, or make a pool of longer secrets.`
    )
  }
  return invalid('bytes', `an integer in 1..${pool.maxBytes}`, bytes)
}

/** A bound was reached. */
export function exhausted(pool: Refuser, bytes: number, refusal: Refusal): PoolError {
  const bound = {
    count: `${pool.inUse} secrets are in use, and maxSecrets is ${pool.maxSecrets}`,
    bytes: `${pool.liveBytes} bytes are alive, ${bytes} more are needed, and maxLiveBytes is ${pool.maxLiveBytes}`,
    queue: `${pool.waiting} acquires wait, and whoever comes later must wait too`,
    memory: `the system has no memory or no maps for ${bytes} more bytes, with ${pool.liveBytes} alive`
  }[refusal]
  return new PoolError('ERR_POOL_EXHAUSTED', `pool '${pool.name}': ${bound}. Release sooner, wait with acquireAsync(), or raise the bound.`)
}

/** A release of what is not out. */
export function notOut(pool: Refuser, length: number, state: SlotState): PoolError {
  if (state === SlotState.Leased) {
    return new PoolError(
      'ERR_POOL_LEASED_BUFFER',
      `pool '${pool.name}': this secret of ${length} bytes belongs to a lease. Release the lease instead.`
    )
  }
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool.name}': this secret was released before. Release each once; a lease tells which release is the second.`
  )
}

/** A lease that was released before. */
export function leaseReleasedTwice(pool: Refuser): PoolError {
  return new PoolError('ERR_POOL_DOUBLE_RELEASE', `pool '${pool.name}': this lease was released before. Release each lease once.`)
}

/** A lease that is used after its release. */
export function leaseReleased(pool: Refuser): PoolError {
  return new PoolError(
    'ERR_POOL_LEASE_RELEASED',
    `pool '${pool.name}': this lease was released, and its memory wiped. Release it after the last use.`
  )
}

/** A release of what this pool did not make. */
export function foreign(pool: Refuser, value: unknown, ownerName: string | undefined): PoolError {
  const remedy = ownerName
    ? `it belongs to pool '${ownerName}'; release it there`
    : ArrayBuffer.isView(value)
      ? 'no pool of secrets made it; release the very object that acquire() returned, not a subarray or a copy'
      : 'it is no buffer'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool.name}' did not make what was released: ${remedy}.`)
}

/** Memory that somebody transferred away while it was out. */
export function detached(pool: Refuser, length: number): PoolError {
  return new PoolError(
    'ERR_POOL_DETACHED_BUFFER',
    `pool '${pool.name}': the memory of a secret of ${length} bytes was transferred away, with the secret in it; the pool has let go of it. ` +
      'Copy what goes to another thread, and wipe the copy.'
  )
}

/** Somebody wrote behind a secret. */
export function overrun(pool: Refuser, length: number): PoolError {
  return new PoolError(
    'ERR_POOL_SECURE_CANARY',
    `pool '${pool.name}': something wrote behind a secret of ${length} bytes. It was wiped and withdrawn; ` +
      'look for code that takes the length of the memory for that of the secret.'
  )
}

/** Debug mode: somebody wrote to a secret's memory while it lay in the pool. */
export function writtenAfterRelease(pool: Refuser, length: number, offset: number): PoolError {
  return new PoolError(
    'ERR_POOL_SECURE_WRITE_AFTER_RELEASE',
    `pool '${pool.name}': byte ${offset} of a secret of ${length} bytes was written to after its release. The memory was wiped and withdrawn.`
  )
}
