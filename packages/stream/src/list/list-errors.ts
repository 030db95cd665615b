import { PoolError } from '@pool/core'

/** More bytes than the list may have. */
export function listFull(bytes: number, length: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_LIST_FULL',
    `${bytes} bytes do not fit: the list has ${length} and may have ${maxBytes}. Consume what is done with, or raise maxBytes.`
  )
}

/** An append while the end of the list is taken. */
export function listReserved(): PoolError {
  return new PoolError(
    'ERR_POOL_LIST_RESERVED',
    'A reservation is open, or another write to this list is under way. Call commit() first; commit(0) gives a reservation up.'
  )
}

/** A use after the end. */
export function listClosed(): PoolError {
  return new PoolError('ERR_POOL_CLOSED', 'This list was closed, and its memory given back. Make a new one.')
}

/** A copy that the list may not make. */
export function copyRefused(bytes: number, maxContiguousBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_LIST_COPY_REFUSED',
    `${bytes} bytes lie in several segments, and at most ${maxContiguousBytes} may be copied together. Read them by segments, or raise maxContiguousBytes.`
  )
}
