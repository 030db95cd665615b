import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The requests that a server has begun and not ended, so that it can be closed without cutting any off. */
export class InFlight {
  readonly #responses = new Set<ServerResponse>()
  readonly #sockets = new Set<Socket>()
  #draining = false

  /** Follows every request of `server`. Attach it before the handler that answers. */
  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (_request, response) => {
      this.#responses.add(response)
      if (this.#draining) response.setHeader('connection', 'close')
      response.once('close', () => this.#responses.delete(response))
    })
  }

  /** Requests begun and not ended. */
  get count(): number {
    return this.#responses.size
  }

  /** Whether a response on `socket` has begun, so that nothing else may be written there. */
  answering(socket: Socket): boolean {
    for (const response of this.#responses) if (response.socket === socket && response.headersSent) return true
    return false
  }

  /** Ends connections on which nothing was ever sent, as browsers open them ahead: node takes those for busy. */
  closeSilentConnections(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  /** From now on each response tells the client that its connection ends with it. */
  drain(): void {
    this.#draining = true
    for (const response of this.#responses) if (!response.headersSent) response.setHeader('connection', 'close')
  }
}
