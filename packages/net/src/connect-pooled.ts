import { connect as connectTcp, isIP, type NetConnectOpts } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import * as check from '@pool/core/kit'
import { checkAddress } from './address-checks.js'
import { connectionClosed, connectionLimit, timedOut } from './connection-errors.js'
import { type ConnectionOptions, connectionOptionNames, connectionSettings, noTimeouts } from './connection-options.js'
import { OpenConnection } from './open-connection.js'
import { PooledConnection } from './pooled-connection.js'
import { loadResolver } from './resolver.js'
import { ConnectionGroup } from './server/connection-group.js'
import { tlsModule } from './tls-module.js'

/** The options of {@link connectPooled}. */
export interface ConnectPooledOptions extends ConnectionOptions {
  /** The peer's port; this or `path`. */
  readonly port?: number
  /** The peer's name or address. Default `localhost`. */
  readonly host?: string
  /** A Unix socket, or a named pipe of Windows; this or `port`. */
  readonly path?: string
  /** TLS, with the options of `tls.connect`. Default: none. */
  readonly tls?: true | TlsOptions
  /** How long the connection may take to be made, in ms. Default 10 000. */
  readonly connectTimeoutMs?: number
  /** Sends small writes at once, rather than waiting for the peer's acknowledgement of those before. Default true. */
  readonly noDelay?: boolean
}

/**
 * Connects, and gives a connection whose bytes arrive in leases.
 * @throws (rejects) the system's error; `ERR_POOL_CONNECTION_TIMEOUT`; `ERR_POOL_CONNECTION_LIMIT` when the group is full; the signal's
 * reason; `ERR_POOL_INVALID_OPTION`
 */
export async function connectPooled(options: ConnectPooledOptions): Promise<PooledConnection> {
  const names = ['port', 'host', 'path', 'tls', 'connectTimeoutMs', 'noDelay', ...connectionOptionNames]
  check.validOptions('options', options, names)
  const settings = connectionSettings(options, noTimeouts)
  const { port, host, path, tls, noDelay = true } = options
  const connectTimeoutMs = check.validTimeout('connectTimeoutMs', options.connectTimeoutMs, 10_000)
  check.validBoolean('noDelay', noDelay)
  checkAddress(options)
  if (tls !== undefined && tls !== true && (typeof tls !== 'object' || tls === null)) throw check.invalid('tls', 'true or an object', tls)
  const { group, signal } = settings
  if (signal?.aborted) throw signal.reason
  if (ConnectionGroup.refuses(group)) throw connectionLimit(group.name, group.maxConnections)
  const where = path === undefined ? { port: port as number, ...(host === undefined ? {} : { host }) } : { path }
  if (path === undefined && isIP(host ?? 'localhost') === 0) loadResolver()
  const open = new OpenConnection(settings, (onread) => {
    const common = { ...where, noDelay, allowHalfOpen: true, onread }
    const tlsOptions = tls === true ? {} : tls
    const socket =
      tlsOptions === undefined ? connectTcp(common as NetConnectOpts) : tlsModule().connect({ ...tlsOptions, ...(common as TlsOptions) })
    return { socket, path: 'direct' }
  })
  await untilOpen(open, tls === undefined ? 'connect' : 'secureConnect', connectTimeoutMs)
  return new PooledConnection(open)
}

async function untilOpen(connection: OpenConnection, event: string, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const fail = () => connection.destroy(timedOut('the connection was not made', timeoutMs, 'connectTimeoutMs'))
  if (timeoutMs < Number.POSITIVE_INFINITY) timer = setTimeout(fail, timeoutMs)
  const opened = new Promise<true>((resolve) => connection.socket.once(event, () => resolve(true)))
  const isOpen = await Promise.race([opened, connection.closed])
  clearTimeout(timer)
  if (isOpen !== true) throw connection.error ?? connectionClosed()
}
