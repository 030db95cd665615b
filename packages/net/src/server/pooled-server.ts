import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { isPoolError } from '@pool/core'
import * as check from '@pool/core/kit'
import { checkAddress } from '../address-checks.js'
import { alreadyListens, serverClosed } from '../connection-errors.js'
import { type ConnectionOptions, type ConnectionSettings, connectionOptionNames, connectionSettings } from '../connection-options.js'
import type { OpenConnection } from '../open-connection.js'
import type { PooledConnection } from '../pooled-connection.js'
import { loadResolver } from '../resolver.js'
import { tlsModule } from '../tls-module.js'
import { acceptedConnection } from './accepted-connection.js'
import { ConnectionGroup } from './connection-group.js'

/** Serves one connection. It is awaited when it returns a promise. */
export type ConnectionHandler = (connection: PooledConnection) => unknown

/** The options of {@link createPooledServer}. */
export interface PooledServerOptions extends ConnectionOptions {
  /** TLS, with the options of `tls.createServer`; the bytes are then copied into leases. Default: none. */
  readonly tls?: TlsOptions
  /** Sends small writes at once, rather than waiting for the peer to acknowledge those before. Default true. */
  readonly noDelay?: boolean
  /**
   * Called with an error that a handler threw, unless it is the error of its connection. An error that this throws itself becomes an uncaught
   * exception, as with every listener. Default: a warning of the process, at the first one.
   */
  readonly onHandlerError?: (error: unknown, connection: PooledConnection) => void
}

/** Where a server listens: a port, on one address or on all; or a Unix socket. */
export interface ListenAddress {
  /** The port; 0 for one that is free. This or `path`. */
  readonly port?: number
  /** The address. Default: all. */
  readonly host?: string
  /** A Unix socket, or a named pipe of Windows. This or `port`. */
  readonly path?: string
  /** The most connections that wait to be accepted. Default: Node's. */
  readonly backlog?: number
}

/** How long Node lets a handshake take. */
const longestHandshakeMs = 120_000

const timeouts = { idleTimeoutMs: 300_000, firstByteTimeoutMs: 30_000 }

/** A server whose connections have their bytes in leases; {@link createPooledServer} makes it. */
export class PooledServer implements AsyncDisposable {
  readonly #server: Server
  readonly #settings: ConnectionSettings
  readonly #handler: ConnectionHandler
  readonly #onHandlerError: ((error: unknown, connection: PooledConnection) => void) | undefined
  readonly #connections = new Set<OpenConnection>()
  /** Sockets whose TLS handshake may be under way; those of connections, too. */
  readonly #encrypted = new Set<Socket>()
  #unwatch: (() => void) | undefined = undefined
  #listens = false
  #hasWarned = false
  #closing: Promise<void> | undefined = undefined

  /** @internal */
  constructor(options: PooledServerOptions, handler: ConnectionHandler) {
    check.validOptions('options', options, ['tls', 'noDelay', 'onHandlerError', ...connectionOptionNames])
    const { tls, noDelay = true, onHandlerError } = options
    this.#settings = connectionSettings(options, timeouts)
    this.#handler = check.validFunction('handler', handler)
    this.#onHandlerError = onHandlerError === undefined ? undefined : check.validFunction('onHandlerError', onHandlerError)
    check.validBoolean('noDelay', noDelay)
    if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw check.invalid('tls', 'an object', tls)
    const accept = (socket: Socket): void => this.#accept(socket)
    const { group, signal, firstByteTimeoutMs } = this.#settings
    const handshakeTimeout = Math.min(firstByteTimeoutMs, longestHandshakeMs)
    this.#server =
      tls === undefined
        ? createTcpServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay }, accept)
        : tlsModule().createServer({ handshakeTimeout, ...tls, allowHalfOpen: true, noDelay } as TlsOptions, accept)
    if (tls !== undefined) this.#server.on('connection', (socket: Socket) => this.#begins(socket))
    // Before a handshake, and where the system could not accept, there is no connection of ours to emit the error.
    this.#server.on('tlsClientError', () => this.#refused())
    this.#server.on('error', () => this.#server.listening && this.#refused())
    if (group.maxConnections < Number.POSITIVE_INFINITY) this.#server.maxConnections = group.maxConnections
    this.#server.on('drop', () => this.#refused())
    this.#unwatch = check.onAbort(signal, () => void this.close(0))
  }

  /** The connections that are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /** Where it listens; `null` while it does not. */
  address(): AddressInfo | string | null {
    return this.#server.address()
  }

  /**
   * Listens.
   * @returns this server, once it does
   * @throws (rejects) the system's error; the signal's reason; `ERR_POOL_INVALID_OPTION`, also while it listens already; `ERR_POOL_CLOSED` once it
   * was closed, even while the address was looked up
   */
  async listen(address: ListenAddress): Promise<this> {
    check.validOptions('address', address, ['port', 'host', 'path', 'backlog'])
    checkAddress(address)
    if (address.backlog !== undefined) check.validInteger('backlog', address.backlog, 1, 2 ** 31 - 1)
    this.#checkOpen()
    if (this.#listens) throw alreadyListens()
    this.#listens = true
    if (address.host !== undefined) loadResolver()
    try {
      this.#server.listen(address)
      await once(this.#server, 'listening')
    } catch (error) {
      this.#listens = false
      throw error
    }
    this.#checkOpen()
    return this
  }

  /**
   * Stops listening, and waits for the connections to be closed by their handlers or peers; destroys those that are left.
   * @param graceMs - how long it waits for them, in ms; of several calls the shortest counts. Default 10 000
   */
  close(graceMs = 10_000): Promise<void> {
    check.validWait('graceMs', graceMs)
    this.#closing ??= check.outsideRequests(() => this.#closeInOrder())
    if (graceMs === 0) this.#destroyAll()
    else {
      const timer = setTimeout(() => this.#destroyAll(), graceMs)
      void this.#closing.then(() => clearTimeout(timer))
    }
    return this.#closing
  }

  /** Closes the server, with the default grace. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #closeInOrder(): Promise<void> {
    this.#unwatch?.()
    if (this.#server.listening) this.#server.close()
    // Its address may still be looked up.
    else this.#server.once('listening', () => this.#server.close())
    while (this.#connections.size > 0) await Promise.all([...this.#connections].map(({ closed }) => closed))
    this.#destroyAll()
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
    for (const socket of this.#encrypted) socket.destroy()
  }

  /** @throws the signal's reason, `ERR_POOL_CLOSED` */
  #checkOpen(): void {
    const { signal } = this.#settings
    if (signal?.aborted) throw signal.reason
    if (this.#closing !== undefined) throw serverClosed()
  }

  /** A socket was accepted whose handshake is to come. */
  #begins(socket: Socket): void {
    this.#encrypted.add(socket)
    socket.once('close', () => this.#encrypted.delete(socket))
  }

  #accept(socket: Socket): void {
    if (this.#closing !== undefined || ConnectionGroup.refuses(this.#settings.group)) {
      // No handler has seen this socket, so its errors concern none.
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    this.#serve(acceptedConnection(socket, this.#settings, this.#connections))
  }

  /** Not by an async function: ten thousand idle connections, whose handlers wait, would each hold one that waits along. */
  #serve(connection: PooledConnection): void {
    try {
      const served = this.#handler(connection)
      if (!check.isThenable(served)) void connection.close()
      else {
        Promise.resolve(served).then(
          () => connection.close(),
          (error: unknown) => this.#handlerFailed(error, connection)
        )
      }
    } catch (error) {
      this.#handlerFailed(error, connection)
    }
  }

  #handlerFailed(error: unknown, connection: PooledConnection): void {
    const isItsOwn = error !== undefined && error === connection.error
    connection.destroy(error)
    if (!isItsOwn) this.#tellHandlerError(error, connection)
  }

  #tellHandlerError(error: unknown, connection: PooledConnection): void {
    try {
      this.#onHandlerError?.(error, connection)
    } catch (thrown) {
      check.throwLater(thrown)
    }
    if (this.#onHandlerError !== undefined || this.#hasWarned || isPoolError(error)) return
    this.#hasWarned = true
    // Not its message, which may quote bytes of the peer.
    const name = error instanceof Error ? error.name : typeof error
    process.emitWarning(`A connection's handler failed with ${name}; the connection was destroyed. Handle it, or give onHandlerError.`, {
      code: 'POOL_HANDLER_FAILED'
    })
  }

  #refused(): void {
    const { group } = this.#settings
    ConnectionGroup.tallyOf(group).refuse(group.connections)
  }
}

/**
 * Makes a server that calls `handler` with each connection. The connection is closed in order once the handler has settled, and destroyed
 * when it failed; the server goes on.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function createPooledServer(options: PooledServerOptions, handler: ConnectionHandler): PooledServer {
  return new PooledServer(options, handler)
}
