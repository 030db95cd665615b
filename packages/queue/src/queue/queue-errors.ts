import { PoolError } from '@pool/core'

/** A job was settled before. */
export function jobSettled(): PoolError {
  return new PoolError('ERR_POOL_JOB_SETTLED', 'this job was acknowledged or handed back before. Settle each job once.')
}

/** The queue has no room. */
export function queueFull(name: string, maxLength: number): PoolError {
  return new PoolError(
    'ERR_POOL_QUEUE_FULL',
    `queue '${name}' holds ${maxLength} messages, which is its maxLength. Add more consumers, add later, or let adds wait with whenFull.`
  )
}

/** A message is larger than the queue or store takes. */
export function messageTooLarge(name: string, bytes: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_TOO_LARGE',
    `a message of ${bytes} bytes was given to '${name}', and its maxMessageBytes is ${maxBytes}. Raise it, or split the message.`
  )
}

/** An add had no room for too long. */
export function addTimedOut(name: string, ms: number): PoolError {
  return new PoolError(
    'ERR_POOL_COMMAND_TIMEOUT',
    `queue '${name}' had no room for ${ms} ms, and the message was not added. Add more consumers, or wait longer.`
  )
}

/** The queue is closed. */
export function queueClosed(name: string): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `queue '${name}' is closed. Make another to go on.`)
}
