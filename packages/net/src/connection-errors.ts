import { PoolError } from '@pool/core'

/** The connection is closed, or this side of it has ended. */
export function connectionClosed(): PoolError {
  return new PoolError('ERR_POOL_CONNECTION_CLOSED', 'the connection is closed, or its writing side has ended. Connect again to go on.')
}

/** The server was closed. */
export function serverClosed(): PoolError {
  return new PoolError('ERR_POOL_CLOSED', 'the server was closed. Make another to listen again.')
}

/** A second `listen()`. */
export function alreadyListens(): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', 'the server listens already, or is about to. Make another server for another address.')
}

/** The connection was given up because nothing came or went. */
export function timedOut(what: string, ms: number, option: string): PoolError {
  return new PoolError(
    'ERR_POOL_CONNECTION_TIMEOUT',
    `${what} within ${ms} ms, which is ${option}. Raise it for slower peers, or connect again.`
  )
}

/** A read waited for longer than it said. */
export function readTimedOut(ms: number): PoolError {
  return new PoolError(
    'ERR_POOL_CONNECTION_TIMEOUT',
    `the read waited for ${ms} ms, which is its timeoutMs. The bytes that came stay; read again, or destroy the connection.`
  )
}

/** A read while another waits. */
export function readPending(): PoolError {
  return new PoolError('ERR_POOL_READ_PENDING', 'another read of this connection waits. Read one after the other.')
}

/** The peer ended before a read had the bytes that it needs. */
export function truncated(cameBytes: number, wantedBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_MESSAGE_TRUNCATED',
    `the peer ended after ${cameBytes} bytes, and the read needs ${wantedBytes} at least. Read what came with readSome(), or let the peer send again.`
  )
}

/** More than a read may give. */
export function tooLarge(bytes: number, maxBytes: number, option: string): PoolError {
  return new PoolError(
    'ERR_POOL_MESSAGE_TOO_LARGE',
    `the read is of ${bytes} bytes or more, and ${option} is ${maxBytes}. Raise it, read in pieces with readSome(), or refuse the peer.`
  )
}

/** A read for which the pool has no room beside the unread bytes of its connection. */
export function outgrownPool(bytes: number, unreadBytes: number, pool: string): PoolError {
  return new PoolError(
    'ERR_POOL_MESSAGE_TOO_LARGE',
    `the read needs ${bytes} bytes in one piece, and pool '${pool}' is full of the ${unreadBytes} unread bytes of this connection. ` +
      'Take a pool of more than twice the longest message, lower maxMessageBytes, or read in pieces with readSome().'
  )
}

/** A length that is none. */
export function malformedLength(): PoolError {
  return new PoolError(
    'ERR_POOL_MESSAGE_MALFORMED',
    `the length of a message is not a varint up to ${Number.MAX_SAFE_INTEGER}. Check that both ends speak the same framing; the connection can't go on.`
  )
}

/** A bound of bytes that were written and not sent. */
export function unsentLimit(bytes: number, unsentBytes: number, limit: number, whose: string): PoolError {
  return new PoolError(
    'ERR_POOL_UNSENT_LIMIT',
    `${bytes} bytes more were to be written while ${unsentBytes} are unsent, and maxUnsentBytes of the ${whose} is ${limit}. ` +
      'Await drain() or an earlier write before the next, or raise the bound.'
  )
}

/** A bound of connections. */
export function connectionLimit(name: string, maxConnections: number): PoolError {
  return new PoolError(
    'ERR_POOL_CONNECTION_LIMIT',
    `group '${name}' has ${maxConnections} connections open, which is its maxConnections. Close one first, or raise the bound.`
  )
}
