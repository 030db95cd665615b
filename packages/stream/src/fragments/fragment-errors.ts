import { PoolError } from '@pool/core'
import type { FragmentHeader } from './fragment-header.js'

/** Too long a message. */
export function tooLarge(totalBytes: number, limit: number): PoolError {
  return new PoolError(
    'ERR_POOL_FRAGMENT_TOO_LARGE',
    `A message may have ${limit} bytes at most; this fragment's has ${totalBytes}. Raise maxMessageBytes, or the pool's largest size.`
  )
}

/** The error of a fragment whose header contradicts the first one of its message. */
export function otherMessage(header: FragmentHeader, first: FragmentHeader): PoolError {
  return conflict(
    header,
    `it tells of ${header.totalBytes} bytes in pieces of ${header.pieceBytes}, the first that came of ${first.totalBytes} in pieces of ${first.pieceBytes}` +
      (header.checksum === first.checksum ? '' : ', with another checksum')
  )
}

/** A fragment that came before with other bytes. */
export function otherBytes(header: FragmentHeader): PoolError {
  return conflict(header, `fragment ${header.index} came before with other bytes`)
}

function conflict({ messageId }: FragmentHeader, reason: string): PoolError {
  return new PoolError(
    'ERR_POOL_FRAGMENT_CONFLICT',
    `This fragment contradicts what came of message ${messageId}: ${reason}. Use an id once at a time, and a source for each sender.`
  )
}

/** The error of a message that differs from the one that was split. */
export function corrupt({ messageId, totalBytes }: FragmentHeader): PoolError {
  return new PoolError(
    'ERR_POOL_FRAGMENT_CHECKSUM',
    `The ${totalBytes} bytes of message ${messageId} are not those that were split: their CRC-32 differs. Ask for the message again.`
  )
}

/** No room for another message. */
export function tooMany(maxPartialMessages: number): PoolError {
  return limit(`${maxPartialMessages} messages are incomplete, as many as maxPartialMessages allows`)
}

/** No room for more bytes. */
export function tooMuch(maxPartialBytes: number): PoolError {
  return limit(`incomplete messages would hold more than the ${maxPartialBytes} bytes that maxPartialBytes allows`)
}

function limit(reason: string): PoolError {
  return new PoolError(
    'ERR_POOL_FRAGMENT_LIMIT',
    `This fragment has no room: ${reason}. Add it again when others are complete or too old, or raise the limit.`
  )
}
