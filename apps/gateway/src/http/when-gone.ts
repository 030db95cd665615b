import type { ServerResponse } from 'node:http'

/**
 * Tells when a client is gone that has not got all of its answer.
 * @returns a signal that aborts then, and never after the answer has ended
 */
export function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  const { socket } = response.req
  const onClose = (): void => {
    socket.off('close', onClose)
    if (!response.writableFinished) gone.abort()
  }
  response.once('close', onClose)
  // An answer that waits for an earlier one on its connection does not hear of the connection's end.
  socket.once('close', onClose)
  if (response.closed || socket.destroyed) onClose()
  return gone.signal
}
