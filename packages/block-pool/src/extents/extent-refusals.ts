import { invalid, PoolError, shown } from '@pool/core/kit/universal'
import type { Named } from '../pool/refusals.js'

/** A value that is not a size. */
export function noSize(bytes: unknown, maxBytes: number): PoolError {
  return invalid('bytes', `an integer in 1..${maxBytes}`, bytes)
}

/** More than the pool can ever serve. */
export function tooLarge(pool: Named, bytes: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `pool '${pool.name}' can never serve ${bytes} bytes: its most are ${maxBytes}. Ask for less, or raise maxBytes.`
  )
}

/** A handle that is not valid now. */
export function stale(pool: Named, handle: unknown): PoolError {
  return new PoolError(
    'ERR_POOL_STALE_HANDLE',
    `pool '${pool.name}': ${shown(handle)} is not a handle that is valid now: its extent was freed or moved by reallocate(), or it is of another pool. Use the handle that came last, once.`
  )
}

/** An extent that has to stay. */
export function pinned(pool: Named, pins: number): PoolError {
  return new PoolError('ERR_POOL_PINNED', `pool '${pool.name}': the extent is pinned ${pins} times. Unpin it first, when its I/O is done.`)
}

/** An unpin without a pin. */
export function notPinned(pool: Named): PoolError {
  return new PoolError('ERR_POOL_NOT_PINNED', `pool '${pool.name}': the extent is not pinned. Call unpin() once for each pin().`)
}

/** The error of a view whose elements would lie across their boundaries, or not fill the extent. */
export function misfit(pool: Named, type: string, elementBytes: number, byteOffset: number, byteLength: number): PoolError {
  return new PoolError(
    'ERR_POOL_INVALID_OPTION',
    `pool '${pool.name}': ${byteLength} bytes at ${byteOffset} are not a whole ${type}, whose elements have ${elementBytes} bytes. ` +
      'Ask for a multiple of that, and for an alignment of at least that.'
  )
}
