/**
 * Connections whose bytes arrive in pooled memory.
 * @module
 */

export type { Framing } from '@pool/core/kit'
export { type ConnectPooledOptions, connectPooled } from './connect-pooled.js'
export type { ConnectionEvents } from './connection-events.js'
export type { ConnectionOptions } from './connection-options.js'
export type { ConnectionGroupStats, ConnectionStats, ReadPath } from './connection-stats.js'
export { type FramedConnection, type FramedOptions, framed } from './framing/framed.js'
export type { PooledConnection } from './pooled-connection.js'
export type { LeaseConsumer } from './reading/lease-loop.js'
export { pooledConnection } from './server/accepted-connection.js'
export { ConnectionGroup, type ConnectionGroupOptions } from './server/connection-group.js'
export {
  type ConnectionHandler,
  createPooledServer,
  type ListenAddress,
  type PooledServer,
  type PooledServerOptions
} from './server/pooled-server.js'
