import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Calls `end` once, when `response` has been finished, closed or aborted. Node closes every response, right after its `finish`, so
 * that one listener is enough; only a pipelined response whose connection closes before its turn never learns of it.
 * @returns false when the response is over already, and `end` will not be called
 */
export function whenOver(response: ServerResponse, socket: Socket, end: () => void): boolean {
  if (response.closed) return false
  response.on('close', end)
  if (response.socket === null) endWithSocket(response, socket, end)
  return true
}

// Off the usual path. One listener to a connection: a client may pipeline more requests than an emitter takes listeners for.
const queues = new WeakMap<Socket, Map<ServerResponse, Set<() => void>>>()

function endWithSocket(response: ServerResponse, socket: Socket, end: () => void): void {
  let queue = queues.get(socket)
  if (queue === undefined) {
    queue = new Map()
    queues.set(socket, queue)
    socket.once('close', endAll)
  }
  const waiting = queue
  const ends = waiting.get(response)
  if (ends !== undefined) ends.add(end)
  else {
    waiting.set(response, new Set([end]))
    response.once('close', () => waiting.delete(response))
  }
}

function endAll(this: Socket): void {
  for (const [response, ends] of queues.get(this) ?? []) {
    for (const end of ends) {
      response.removeListener('close', end)
      end()
    }
  }
}
