import { PoolError } from '@pool/core'

/** The connection was lost before the answer came. */
export function connectionLost(cause?: unknown): PoolError {
  return new PoolError(
    'ERR_POOL_CONNECTION_LOST',
    'the connection to Redis was lost before the answer, so the command may have been executed or not. ' +
      'Send it again where executing it twice does no harm; messages with an id are sent again by themselves.',
    cause === undefined ? undefined : { cause }
  )
}

/** No connection came about. */
export function connectTimedOut(ms: number): PoolError {
  return new PoolError(
    'ERR_POOL_CONNECTION_TIMEOUT',
    `no connection to Redis was made within ${ms} ms, which is connectTimeoutMs. Raise it, or check the address.`
  )
}

/**
 * A command waited for too long.
 * @param cause - why there is no connection, where that is known
 */
export function commandTimedOut(ms: number, wasSent: boolean, cause?: unknown): PoolError {
  const unsent = `the command could not be sent within ${ms} ms, and was not executed`
  return new PoolError(
    'ERR_POOL_COMMAND_TIMEOUT',
    wasSent
      ? `Redis did not answer within ${ms} ms, so the command may have been executed or not. Raise the timeout, or look at Redis.`
      : cause === undefined
        ? `${unsent}: the connection is not made yet, or maxUnansweredBytes of earlier commands are not answered. Raise the timeout, or look at Redis.`
        : `${unsent}, since there is no connection (${wordsOf(cause)}). Check the address, and that Redis is running.`,
    cause === undefined ? undefined : { cause }
  )
}

/** An attempt on several addresses fails with an error that has only a code. */
function wordsOf(cause: unknown): string {
  const { message, code } = Object(cause)
  return String(message || code || cause)
}

/** A bound of bytes that wait. */
export function commandLimit(bytes: number, waitingBytes: number, maxWaitingBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_COMMAND_LIMIT',
    `a command of ${bytes} bytes came while ${waitingBytes} wait to be sent, and maxWaitingBytes is ${maxWaitingBytes}. ` +
      'It was not sent. Await earlier commands first, or raise the bound.'
  )
}

/** The client is closed. */
export function clientClosed(cause?: unknown): PoolError {
  return new PoolError('ERR_POOL_CLOSED', 'the client is closed. Make another to go on.', cause === undefined ? undefined : { cause })
}

/** Redis lets the client in neither now nor later. */
export function refused(why: string, cause?: unknown): PoolError {
  return new PoolError(
    'ERR_POOL_REDIS_REFUSED',
    `Redis refused the connection: ${why}. Check user, password and database of the URL.`,
    cause === undefined ? undefined : { cause }
  )
}

/** A Redis of a kind that the client does not serve. */
export function unsupported(kind: 'cluster' | 'sentinel'): PoolError {
  return new PoolError(
    'ERR_POOL_REDIS_UNSUPPORTED',
    kind === 'cluster'
      ? 'the address is a node of Redis Cluster, which this client does not follow from node to node. Give a Redis that runs by itself.'
      : 'the address is Redis Sentinel, which holds no data, and this client does not ask it for a master. Give the address of the master.'
  )
}
