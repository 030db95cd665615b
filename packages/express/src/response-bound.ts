import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Something that lives as long as a response. */
export interface ResponseBound {
  /** The next one that is bound to the same response. */
  nextBound: ResponseBound | undefined
  /** The response is finished, closed or aborted. Called once. */
  responseOver(): void
}

const slot = Symbol('bound')

/** What lives as long as the response, or as the connection, that carries it. */
interface Carrier {
  [slot]?: ResponseBound | undefined
}

/**
 * Ends `bound` once `response` has been finished, closed or aborted, whichever comes first. One pair of listeners serves all that is
 * bound to a response, and is shared by all responses.
 */
export function endWithResponse(bound: ResponseBound, response: ServerResponse & Carrier, socket: Socket): void {
  const first = response[slot]
  bound.nextBound = first
  response[slot] = bound
  if (first !== undefined) return
  response.on('finish', endAll)
  response.on('close', endAll)
  // A pipelined response has no connection yet. When that closes before its turn, the response never learns of it.
  if (response.socket === null) endWithSocket(response, socket)
}

function endAll(this: Carrier): void {
  let bound = this[slot]
  this[slot] = undefined
  while (bound !== undefined) {
    const next = bound.nextBound
    bound.nextBound = undefined
    bound.responseOver()
    bound = next
  }
}

const queues = new WeakMap<Socket, Set<Carrier>>()

function endWithSocket(response: ServerResponse & Carrier, socket: Socket): void {
  let queue = queues.get(socket)
  if (queue === undefined) {
    queue = new Set()
    queues.set(socket, queue)
    socket.once('close', endQueue)
  }
  const waiting = queue
  waiting.add(response)
  response.once('close', () => waiting.delete(response))
}

function endQueue(this: Socket): void {
  for (const response of queues.get(this) ?? []) endAll.call(response)
}
