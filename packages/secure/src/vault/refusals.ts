import { invalid, PoolError } from '@pool/core/kit'
import { SlotState } from './slot.js'

/** Why nothing was allocated: full by count, full by bytes, others were first, or the system has none. */
export type Refusal = 'count' | 'bytes' | 'queue' | 'memory'

/** The figures behind an exhaustion. */
export interface Exhaustion {
  readonly refusal: Refusal
  /** Bytes of the secret that was asked for. */
  readonly bytes: number
  readonly inUse: number
  readonly maxSecrets: number
  readonly liveBytes: number
  readonly maxLiveBytes: number
  readonly waiting: number
}

/** The pool was destroyed. */
export function closed(pool: string): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool}' was destroyed. Make a new one, or destroy it later.`)
}

/** The error of an acquire whose argument is not a length, or is more than the pool can ever serve. */
export function noLength(pool: string, maxBytes: number, bytes: unknown): PoolError {
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > maxBytes) {
    return new PoolError(
      'ERR_POOL_TOO_LARGE',
      `pool '${pool}' can never serve ${bytes} bytes: its most are ${maxBytes}. Ask for less, or make a pool of longer secrets.`
    )
  }
  return invalid('bytes', `an integer in 1..${maxBytes}`, bytes)
}

/** A bound was reached. Each cause has its own remedy. */
export function exhausted(pool: string, figures: Exhaustion): PoolError {
  const { refusal, bytes, inUse, maxSecrets, liveBytes, maxLiveBytes, waiting } = figures
  const cause = {
    count: `${inUse} secrets are in use, and maxSecrets is ${maxSecrets}. Release sooner, wait with acquireAsync(), or raise maxSecrets`,
    bytes:
      `${liveBytes} bytes are alive, ${bytes} more are needed, and maxLiveBytes is ${maxLiveBytes}. ` +
      'Release sooner, wait with acquireAsync(), or raise maxLiveBytes',
    queue: `${waiting} acquires wait, and a later one may not overtake them. Wait behind them with acquireAsync(), or shed load`,
    memory:
      `the system has no memory, or no memory maps, for ${bytes} more bytes, with ${liveBytes} alive. ` +
      'Lower maxLiveBytes to what the process can have, or give the process more memory'
  }[refusal]
  return new PoolError('ERR_POOL_EXHAUSTED', `pool '${pool}': ${cause}.`)
}

/** The error of a release of a secret that is not out. */
export function notOut(pool: string, length: number, state: SlotState): PoolError {
  if (state === SlotState.Leased) {
    return new PoolError(
      'ERR_POOL_LEASED_BUFFER',
      `pool '${pool}': this secret of ${length} bytes belongs to a lease. Release the lease instead.`
    )
  }
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool}': this secret was released before. Release each once; a lease tells which release is the second.`
  )
}

/** A lease that was released before. */
export function leaseReleasedTwice(pool: string): PoolError {
  return new PoolError('ERR_POOL_DOUBLE_RELEASE', `pool '${pool}': this lease was released before. Release each lease once.`)
}

/** A lease that is used after its release. */
export function leaseReleased(pool: string): PoolError {
  return new PoolError(
    'ERR_POOL_LEASE_RELEASED',
    `pool '${pool}': this lease was released, and its memory wiped. Release it after the last use.`
  )
}

/** The error of a release of an object that this pool did not make. */
export function foreign(pool: string, value: unknown, owner: string | undefined): PoolError {
  const remedy = owner
    ? `it belongs to pool '${owner}'; release it there`
    : ArrayBuffer.isView(value)
      ? 'no pool of secrets made it; release the very object that acquire() returned, not a subarray or a copy'
      : 'it is not a buffer'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool}' did not make what was released: ${remedy}.`)
}

/** Memory that was transferred away while it was out. */
export function detached(pool: string, length: number): PoolError {
  return new PoolError(
    'ERR_POOL_DETACHED_BUFFER',
    `pool '${pool}': the memory of a secret of ${length} bytes was transferred away, with the secret in it; the pool has let go of it. ` +
      'Copy what goes to another thread, and wipe the copy.'
  )
}

/** Something wrote behind a secret. */
export function overrun(pool: string, length: number): PoolError {
  return new PoolError(
    'ERR_POOL_SECURE_CANARY',
    `pool '${pool}': something wrote behind a secret of ${length} bytes. It was wiped and withdrawn; ` +
      'look for code that takes the length of the memory for that of the secret.'
  )
}

/** Debug mode: something wrote to a secret's memory while it lay in the pool. */
export function writtenAfterRelease(pool: string, length: number, offset: number): PoolError {
  return new PoolError(
    'ERR_POOL_SECURE_WRITE_AFTER_RELEASE',
    `pool '${pool}': byte ${offset} of a secret of ${length} bytes was written to after its release. The memory was wiped and withdrawn.`
  )
}
