import { PoolError } from '@pool/core'

/** The error reply of Redis to a command. Its code is the first word, such as `WRONGTYPE`; quotations in the other words are left out. */
export class RedisReplyError extends PoolError {
  /** The first word of the answer, such as `ERR`, `WRONGTYPE`, `OOM`. */
  readonly redisCode: string

  /** @param line - the text behind the `-`; all from the first quotation mark on is left out, since it may hold content */
  constructor(line: string) {
    // An apostrophe within a word, as of "can't", begins no quotation.
    const shown = (/^(?:[^'"`]|(?<=[a-z])'(?=[a-z]))*/.exec(line)?.[0] ?? '').slice(0, 200).trim()
    super('ERR_POOL_REDIS_REPLY', `Redis refused the command: ${shown}`)
    // Redis 6 puts words of its own before those of a command that a script has called.
    this.redisCode = /^ERR Error running script .*?: -([A-Z]+) /.exec(line)?.[1] ?? /^[A-Z0-9]+/.exec(line)?.[0] ?? 'ERR'
  }
}

/** Bytes that are not a reply, or a reply that is beyond a bound. The connection can't go on. */
export function protocolError(what: string): PoolError {
  return new PoolError('ERR_POOL_REDIS_PROTOCOL', `${what}. Check that the address is a Redis; the connection is closed.`)
}

/** A payload that is larger than this side takes. */
export function payloadTooLarge(bytes: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `Redis sends a message of ${bytes} bytes, and maxMessageBytes is ${maxBytes}. Raise it, or send smaller messages.`
  )
}
