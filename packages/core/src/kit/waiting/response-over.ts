import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Calls `end` once, when `response` has been finished, closed or aborted. A server's response closes right after it has finished, and
 * after every abort. One that no server made, such as those of adapters for functions as a service, only finishes; `end` is then called
 * once the listeners of `finish` have run. A pipelined response whose connection closes before its turn emits neither; then the socket's
 * `close` counts.
 * @param socket - the connection of the request; adapters may have none, or one that emits nothing
 * @returns false when the response is over already, and `end` will not be called
 */
export function whenOver(response: ServerResponse, socket: Socket | null | undefined, end: () => void): boolean {
  if (response.closed || response.writableFinished) return false
  let isOver = false
  const over = (): void => {
    if (isOver) return
    isOver = true
    end()
  }
  response.on('close', over)
  response.on('finish', () => process.nextTick(over))
  if (response.socket === null && typeof socket?.once === 'function') endWithSocket(response, socket, over)
  return true
}

// Off the usual path. One listener to a connection: a client may pipeline more requests than an emitter takes listeners for.
const queues = new WeakMap<Socket, Map<ServerResponse, Set<() => void>>>()

function endWithSocket(response: ServerResponse, socket: Socket, over: () => void): void {
  let queue = queues.get(socket)
  if (queue === undefined) {
    queue = new Map()
    queues.set(socket, queue)
    socket.once('close', endAll)
  }
  const waiting = queue
  const ends = waiting.get(response)
  if (ends !== undefined) ends.add(over)
  else {
    waiting.set(response, new Set([over]))
    response.once('close', () => waiting.delete(response))
  }
}

function endAll(this: Socket): void {
  for (const ends of queues.get(this)?.values() ?? []) for (const over of ends) over()
}
