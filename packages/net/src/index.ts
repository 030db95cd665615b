/**
 * Connections whose bytes arrive in pooled memory.
 * @module
 */

export type { Framing } from '@pool/core/kit'
export { pooledConnection } from './accepted-connection.js'
export { type ConnectPooledOptions, connectPooled } from './connect-pooled.js'
export type { ConnectionEvents } from './connection-events.js'
export { ConnectionGroup, type ConnectionGroupOptions } from './connection-group.js'
export type { ConnectionOptions } from './connection-options.js'
export type { ConnectionGroupStats, ConnectionStats, ReadPath } from './connection-stats.js'
export { type FramedConnection, type FramedOptions, framed } from './framed.js'
export type { LeaseConsumer } from './lease-loop.js'
export type { PooledConnection } from './pooled-connection.js'
export {
  type ConnectionHandler,
  createPooledServer,
  type ListenAddress,
  type PooledServer,
  type PooledServerOptions
} from './pooled-server.js'
