import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

/** A connection, and its answers that have not ended: several where the client pipelines. */
interface Connection {
  readonly answers: Set<ServerResponse>
  /** When it was last seen to do something; looked at while the server drains. */
  activeAt: number
  bytesRead: number
}

/** How a server is drained, in milliseconds. */
export interface DrainBounds {
  /** How long an idle connection is kept. */
  readonly idleMs: number
  /** How long requests may take; the rest is then cut off. */
  readonly timeoutMs: number
}

/** How often the connections of a draining server are looked at. */
const CHECK_MS = 20
/** How long the processes of a cluster get to stop listening, all of them. */
const SETTLE_MS = 50

/** The connections of a server and the requests on them, so that the server can be closed without cutting any off. */
export class Connections {
  readonly #server: Server
  readonly #open = new Map<Socket, Connection>()
  readonly #onEnd: ((response: ServerResponse) => void) | undefined
  #isDraining = false

  /**
   * Follows `server`. Make it before the handler that answers is attached.
   * @param onEnd - called once for each request, when its answer was sent or its connection is gone
   */
  constructor(server: Server, onEnd?: (response: ServerResponse) => void) {
    this.#server = server
    this.#onEnd = onEnd
    server.on('connection', (socket: Socket) => this.#begin(socket))
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#beginAnswer(request.socket, response))
  }

  /** Whether a response on `socket` has begun, so that nothing else may be written there. */
  answering(socket: Socket): boolean {
    for (const response of this.#open.get(socket)?.answers ?? []) if (response.socket === socket && response.headersSent) return true
    return false
  }

  /** The answers that have not ended. */
  *answers(): Iterable<ServerResponse> {
    for (const { answers } of this.#open.values()) yield* answers
  }

  /**
   * Closes the server, and resets no connection that is reused.
   *
   * ```
   *   signal ──► accept what waits ──► stop listening ──► answers say `connection: close` ──► idle for idleMs: closed
   * ```
   *
   * A request may lie unread in the kernel when its connection looks idle; `server.close()` would close that connection at once.
   * @returns how many requests were cut off after `timeoutMs`
   */
  async drain({ idleMs, timeoutMs }: DrainBounds): Promise<number> {
    let cutOff = 0
    const closed = once(this.#server, 'close')
    await acceptWaiting()
    NetServer.prototype.close.call(this.#server)
    const deadline = setTimeout(() => {
      cutOff = [...this.answers()].length
      this.#server.closeAllConnections()
    }, timeoutMs)
    // Only now do answers say that the connection closes: clients come back, and would be reset where any process of a cluster still listened.
    if (this.#open.size > 0) await sleep(SETTLE_MS)
    this.#isDraining = true
    const now = performance.now()
    for (const connection of this.#open.values()) connection.activeAt = now
    for (const response of this.answers()) sayClose(response)
    // After the poll for events that follows the timer, so that no request that has arrived is overlooked.
    const check = setInterval(() => setImmediate(() => this.#closeIdle(idleMs)), Math.min(CHECK_MS, idleMs + 1))
    await closed
    clearInterval(check)
    clearTimeout(deadline)
    // Ends the timers that the HTTP server keeps beside its connections.
    this.#server.close()
    return cutOff
  }

  #begin(socket: Socket): void {
    const connection: Connection = { answers: new Set(), activeAt: performance.now(), bytesRead: 0 }
    this.#open.set(socket, connection)
    socket.once('close', () => {
      this.#open.delete(socket)
      // An answer that waits for an earlier one on its connection emits no event of its own.
      for (const response of connection.answers) this.#endAnswer(connection, response)
    })
  }

  #beginAnswer(socket: Socket, response: ServerResponse): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.answers.add(response)
    if (this.#isDraining) sayClose(response)
    response.once('close', () => this.#endAnswer(connection, response))
  }

  #endAnswer(connection: Connection, response: ServerResponse): void {
    if (!connection.answers.delete(response)) return
    connection.activeAt = performance.now()
    this.#onEnd?.(response)
  }

  #closeIdle(idleMs: number): void {
    const now = performance.now()
    for (const [socket, connection] of this.#open) {
      if (socket.bytesRead !== connection.bytesRead) {
        connection.bytesRead = socket.bytesRead
        connection.activeAt = now
      } else if (connection.answers.size === 0 && now - connection.activeAt >= idleMs) socket.destroy()
    }
  }
}

/** Gives servers the time to accept all that has connected so far. */
export async function acceptWaiting(): Promise<void> {
  // The first turn of the event loop may have polled already; the second polls from its beginning.
  await turn()
  await turn()
}

function sayClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}
