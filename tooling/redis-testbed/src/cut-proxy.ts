import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A network that can be cut: a relay in front of a server, on a port of its own. */
export class CutProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isSilent = false

  private constructor(server: Server) {
    this.#server = server
  }

  /** Relays each connection to `port` of loopback. */
  static async start(port: number): Promise<CutProxy> {
    const server = createServer()
    const proxy = new CutProxy(server)
    server.on('connection', (near) => proxy.#relay(near, connect(port, '127.0.0.1')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  /** Where clients connect. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets nothing through any more; connections stay open, as they do when a cable is pulled. */
  silence(): void {
    this.#isSilent = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** Lets everything through again. */
  restore(): void {
    this.#isSilent = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Resets every connection; new ones are made as before. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Cuts, and listens no more. */
  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #relay(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause()
      })
      to.on('drain', () => {
        if (!this.#isSilent) from.resume()
      })
      from.on('error', () => {})
      from.on('end', () => to.end())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#isSilent) from.pause()
    }
  }
}
