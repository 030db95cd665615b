import { Socket } from 'node:net'
import * as check from '@pool/core/kit'
import { connectionLimit } from '../connection-errors.js'
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionOptionNames,
  connectionSettings,
  noTimeouts
} from '../connection-options.js'
import { isOwned, OpenConnection } from '../open-connection.js'
import { PooledConnection } from '../pooled-connection.js'
import { ConnectionGroup } from './connection-group.js'
import { takeOverHandle } from './handle-takeover.js'

/**
 * A connection on a socket that a server accepted; takes the socket over.
 * @param kin - the open connections of that server: it stands among them until it has closed
 */
export function acceptedConnection(accepted: Socket, settings: ConnectionSettings, kin?: Set<OpenConnection>): PooledConnection {
  const open = new OpenConnection(
    settings,
    (onRead, wasAsked) => {
      const taken = takeOverHandle(accepted, onRead, wasAsked)
      if (taken === undefined) return { socket: accepted, path: 'copied' }
      return { socket: taken.socket, path: taken.isDirect ? 'direct' : 'copied' }
    },
    kin
  )
  return new PooledConnection(open)
}

/**
 * A connection on a socket that was opened elsewhere; takes the socket over. Its bytes go straight into leases where a server with
 * `pauseOnConnect` accepted it and it was neither read nor written since; else they are copied. `stats().path` reports which.
 *
 * The socket must not be used any more. It emits `close` when the connection has closed; destroying it destroys the connection.
 * @throws `ERR_POOL_INVALID_OPTION` when `socket` is not an open one, or has a connection already; `ERR_POOL_CONNECTION_LIMIT` when the group is
 * full; the signal's reason
 */
export function pooledConnection(socket: Socket, options: ConnectionOptions = {}): PooledConnection {
  check.validOptions('options', options, connectionOptionNames)
  const settings = connectionSettings(options, noTimeouts)
  if (
    !(socket instanceof Socket) ||
    socket.destroyed ||
    socket.pending ||
    socket.readableEnded ||
    socket.writableEnded ||
    isOwned(socket)
  ) {
    throw check.invalid('socket', 'an open socket of node:net', socket)
  }
  const { group, signal } = settings
  if (signal?.aborted) throw signal.reason
  if (ConnectionGroup.refuses(group)) throw connectionLimit(group.name, group.maxConnections)
  // Its end is the caller's affair, by allowHalfOpen of the options.
  socket.allowHalfOpen = true
  const connection = acceptedConnection(socket, settings)
  socket.once('close', () => connection.destroyed || connection.destroy())
  void connection.closed.then(() => socket.destroy())
  return connection
}
