import { BufferState } from './buffer-state.js'
import { PoolError } from './errors.js'
import type { FreeList } from './free-list.js'
import { invalid } from './validate.js'

/** Why nothing was allocated: full by count, full by bytes, others were first, or the system has none. */
export type Refusal = 'count' | 'bytes' | 'queue' | 'memory'

/** Whoever refuses, and its figures. */
export interface Refuser {
  readonly name: string
  readonly settings: { readonly maxBytes: number; readonly maxLiveBytes: number }
  readonly stock: { readonly budget: { readonly liveBytes: number } }
  readonly queue: { readonly size: number }
}

/** The pool was destroyed. */
export function closed(pool: Refuser): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool.name}' was destroyed. Make a new one, or destroy it later.`)
}

/** No size that could be asked for. */
export function noSize(pool: Refuser, bytes: unknown): PoolError {
  return invalid('bytes', `an integer in 1..${pool.settings.maxBytes}`, bytes)
}

/** More than the pool can ever serve. */
export function tooLarge(pool: Refuser, bytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `pool '${pool.name}' can never serve ${bytes} bytes: its most are ${pool.settings.maxBytes}. ` +
      'Ask for less, or make a pool of larger buffers.'
  )
}

/** A bound was reached. */
export function exhausted(pool: Refuser, list: FreeList, bytes: number, refusal: Refusal): PoolError {
  const { liveBytes } = pool.stock.budget
  const needed = list.bufferSize || bytes
  const buffers = list.bufferSize > 0 ? `buffers of ${list.bufferSize} bytes` : 'buffers that are not pooled'
  const bound = {
    count: `${list.inUse} ${buffers} are in use, and maxSize is ${list.maxSize}`,
    bytes: `${liveBytes} bytes are alive, ${needed} more are needed, and maxLiveBytes is ${pool.settings.maxLiveBytes}`,
    queue: `${pool.queue.size} acquires wait, and whoever comes later must wait too`,
    memory: `the system refused ${needed} bytes, with ${liveBytes} alive`
  }[refusal]
  return new PoolError('ERR_POOL_EXHAUSTED', `pool '${pool.name}': ${bound}. Release sooner, wait with acquireAsync(), or raise the bound.`)
}

/** A release of what is not out. */
export function notOut(pool: Refuser, buffer: Buffer, state: number): PoolError {
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
export function leaseReleasedTwice(pool: Refuser): PoolError {
  return new PoolError('ERR_POOL_DOUBLE_RELEASE', `pool '${pool.name}': this lease was released before. Release each lease once.`)
}

/** A lease that is used after its release. */
export function leaseReleased(pool: Refuser): PoolError {
  return new PoolError(
    'ERR_POOL_LEASE_RELEASED',
    `pool '${pool.name}': this lease was released, and its memory may have another owner. Release it after the last use.`
  )
}

/** A release of what this pool did not make. */
export function foreign(pool: Refuser, buffer: unknown, owner: Refuser | undefined): PoolError {
  const remedy = owner
    ? `it belongs to pool '${owner.name}'; release it there`
    : ArrayBuffer.isView(buffer)
      ? 'no pool made it; release the very object that acquire() returned, not a subarray or a copy'
      : 'it is no buffer'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool.name}' did not make what was released: ${remedy}.`)
}

/** Memory that somebody transferred away while it was out. */
export function detached(pool: Refuser, bytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_DETACHED_BUFFER',
    `pool '${pool.name}': the memory of a buffer of ${bytes} bytes was transferred away; the pool has let go of it. ` +
      'Copy what goes to another thread.'
  )
}
