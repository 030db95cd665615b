import { invalid } from '../kit/checks.js'
import { PoolError } from '../kit/errors.js'
import { BufferState } from './buffer-record.js'

/**
 * Why nothing was allocated: full by count, full by bytes, others were first, memory is critically short and the pool may not grow then, or
 * the system has none.
 */
export type Refusal = 'count' | 'bytes' | 'queue' | 'pressure' | 'memory'

/** The facts about a pool that its refusals quote. */
export interface PoolInWords {
  readonly name: string
  /** The most bytes of one acquire. */
  readonly maxBytes: number
}

/** The figures behind an exhaustion. */
export interface Exhaustion {
  readonly refusal: Refusal
  /** Bytes of the buffer that was needed. */
  readonly bytes: number
  /** Whether buffers of its class are pooled. */
  readonly pooled: boolean
  readonly inUse: number
  readonly maxSize: number
  readonly liveBytes: number
  readonly maxLiveBytes: number
  readonly waiting: number
}

/** The pool was destroyed. */
export function closed(pool: PoolInWords): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool.name}' was destroyed. Make a new one, or destroy it later.`)
}

/** The error of an acquire whose argument is not a size. */
export function noSize(pool: PoolInWords, bytes: unknown): PoolError {
  return invalid('bytes', `an integer in 1..${pool.maxBytes}`, bytes)
}

/** More than the pool can ever serve. */
export function tooLarge(pool: PoolInWords, bytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `pool '${pool.name}' can never serve ${bytes} bytes: its most are ${pool.maxBytes}. ` +
      'Ask for less, or make a pool of larger buffers.'
  )
}

/** A bound was reached. Each cause has its own remedy. */
export function exhausted(name: string, figures: Exhaustion): PoolError {
  const { refusal, bytes, pooled, inUse, maxSize, liveBytes, maxLiveBytes, waiting } = figures
  const buffers = pooled ? `buffers of ${bytes} bytes` : 'buffers that are not pooled'
  const cause = {
    count: `${inUse} ${buffers} are in use, and maxSize is ${maxSize}. Release sooner, wait with acquireAsync(), or raise maxSize`,
    bytes:
      `${liveBytes} bytes are alive, ${bytes} more are needed, and maxLiveBytes is ${maxLiveBytes}. ` +
      'Release sooner, wait with acquireAsync(), or raise maxLiveBytes',
    queue: `${waiting} acquires wait, and a later one may not overtake them. Wait behind them with acquireAsync(), or shed load`,
    pressure:
      "memory is critically short, and memoryPressure.growth is 'refuse'. Release sooner, wait with acquireAsync(), or give the process more " +
      'memory',
    memory:
      `the system refused ${bytes} bytes, with ${liveBytes} alive in this pool. ` +
      'Lower maxLiveBytes to what the process can have, or give the process more memory'
  }[refusal]
  return new PoolError('ERR_POOL_EXHAUSTED', `pool '${name}': ${cause}.`)
}

/** The error of a release of a buffer that is not out. */
export function notOut(pool: PoolInWords, buffer: Buffer, state: number): PoolError {
  if ((state & ~BufferState.Watched) === BufferState.Leased) {
    return new PoolError(
      'ERR_POOL_LEASED_BUFFER',
      `pool '${pool.name}': this buffer of ${buffer.length} bytes belongs to a lease. Release the lease instead.`
    )
  }
  const where = state === BufferState.Gone ? 'the pool has let go of it since' : 'it lies idle in the pool'
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool.name}': this buffer was released before; ${where}. Release each buffer once; a lease tells which release is the second.`
  )
}

/** A lease that was released before. */
export function leaseReleasedTwice(pool: PoolInWords): PoolError {
  return new PoolError('ERR_POOL_DOUBLE_RELEASE', `pool '${pool.name}': this lease was released before. Release each lease once.`)
}

/** A lease that is used after its release. */
export function leaseReleased(pool: PoolInWords): PoolError {
  return new PoolError(
    'ERR_POOL_LEASE_RELEASED',
    `pool '${pool.name}': this lease was released, and its memory may have another owner. Release it after the last use.`
  )
}

/** The error of a release of an object that this pool did not make. */
export function foreign(pool: PoolInWords, buffer: unknown, owner: { readonly name: string } | undefined): PoolError {
  const remedy = owner
    ? `it belongs to pool '${owner.name}'; release it there`
    : ArrayBuffer.isView(buffer)
      ? 'no pool made it; release the very object that acquire() returned, not a subarray or a copy'
      : 'it is not a buffer'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool.name}' did not make what was released: ${remedy}.`)
}

/** Memory that was transferred away while it was out. */
export function detached(pool: PoolInWords, bytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_DETACHED_BUFFER',
    `pool '${pool.name}': the memory of a buffer of ${bytes} bytes was transferred away; the pool has let go of it. ` +
      'Copy what goes to another thread.'
  )
}
