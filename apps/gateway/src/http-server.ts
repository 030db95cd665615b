import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { answerBrokenRequest } from './broken-request.js'
import type { GatewayConfig } from './config.js'
import { InFlight } from './in-flight.js'

/** How often node looks for requests that are too slow, at most. */
const SLOWEST_CHECK_MS = 1000

/** A server, and what is under way on it. */
export interface HttpServer {
  readonly server: Server
  readonly inFlight: InFlight
}

/**
 * Makes an HTTP server whose clients can neither hold it up nor fill it: every phase of a connection has a bound in time, and
 * the head of a request one in bytes. The body's bound belongs to whoever reads it.
 */
export function createHttpServer(config: GatewayConfig): HttpServer {
  const server = createServer({
    maxHeaderSize: config.maxHeaderBytes,
    headersTimeout: config.headersTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(SLOWEST_CHECK_MS, config.headersTimeoutMs),
    noDelay: true
  })
  // One more than may be, so that the application sees that there are too many.
  server.maxHeadersCount = config.maxHeaders + 1
  server.maxConnections = config.maxConnections
  server.maxRequestsPerSocket = config.maxRequestsPerConnection
  server.timeout = config.idleTimeoutMs
  const inFlight = new InFlight(server)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerBrokenRequest(error, socket as Socket, inFlight))
  return { server, inFlight }
}
