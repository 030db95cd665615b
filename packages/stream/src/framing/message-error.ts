import { PoolError } from '@pool/core'

/** The kind of error of one message. */
export type MessageErrorCode =
  | 'ERR_POOL_MESSAGE_MALFORMED'
  | 'ERR_POOL_MESSAGE_REJECTED'
  | 'ERR_POOL_MESSAGE_TIMEOUT'
  | 'ERR_POOL_MESSAGE_TOO_LARGE'
  | 'ERR_POOL_MESSAGE_TRUNCATED'
  | 'ERR_POOL_HANDLER_FAILED'

/** An error about one message of a stream, with the place of the message. Its `code` says which error it is. */
export class MessageError extends PoolError {
  /** Bytes of the stream before the prefix of the message. */
  readonly offset: number
  /** Bytes of the message, as far as they are known: for an oversized or truncated one the claimed length, for a line the bytes that came. */
  readonly messageBytes: number

  /**
   * @param code - stable
   * @param message - the figures and the remedy; never a byte of the message
   * @param offset - bytes of the stream before the message
   * @param messageBytes - bytes of the message, as far as they are known
   * @param options - a `cause`, as of `Error`
   */
  constructor(code: MessageErrorCode, message: string, offset: number, messageBytes: number, options?: ErrorOptions) {
    super(code, message, options)
    this.offset = offset
    this.messageBytes = messageBytes
  }
}

/** Longer than `maxMessageBytes`. */
export function tooLarge(offset: number, bytes: number, maxBytes: number): MessageError {
  return new MessageError(
    'ERR_POOL_MESSAGE_TOO_LARGE',
    `the message at byte ${offset} of the stream has ${bytes} bytes or more, and maxMessageBytes is ${maxBytes}. ` +
      'Raise maxMessageBytes, let the sender split it, or set onInvalid to skip.',
    offset,
    bytes
  )
}

/** A varint that is none. */
export function malformedPrefix(offset: number): MessageError {
  return new MessageError(
    'ERR_POOL_MESSAGE_MALFORMED',
    `the length at byte ${offset} of the stream is no varint up to ${Number.MAX_SAFE_INTEGER}. ` +
      'Where the next message begins is unknown, so the stream cannot go on; check that both ends speak the same framing.',
    offset,
    0
  )
}

/** The stream ended inside a message. */
export function truncated(offset: number, cameBytes: number, claimedBytes: number | undefined): MessageError {
  const of = claimedBytes === undefined ? '' : ` of ${claimedBytes}`
  return new MessageError(
    'ERR_POOL_MESSAGE_TRUNCATED',
    `the stream ended inside the message at byte ${offset}, after ${cameBytes}${of} bytes of it. The sender broke off; let it send again.`,
    offset,
    claimedBytes ?? cameBytes
  )
}
