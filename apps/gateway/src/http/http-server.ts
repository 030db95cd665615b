import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { GatewayConfig } from '../config.js'
import { answerBrokenRequest } from './broken-request.js'
import { Connections } from './connections.js'

/** How often node looks for requests that are too slow, at most. */
const SLOWEST_CHECK_MS = 1000

/** A server, and the requests under way on it. */
export interface HttpServer {
  readonly server: Server
  readonly connections: Connections
}

/**
 * Makes an HTTP server whose clients can neither hold it up nor fill it: every phase of a connection has a bound in time, and
 * the head of a request one in bytes. The body's bound belongs to the route that reads it.
 * @param onEnd - called once for each request, when its answer was sent or its connection is gone
 */
export function createHttpServer(config: GatewayConfig, onEnd?: (response: ServerResponse) => void): HttpServer {
  const server = createServer({
    maxHeaderSize: config.maxHeaderBytes,
    headersTimeout: config.headersTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(SLOWEST_CHECK_MS, config.headersTimeoutMs),
    noDelay: true
  })
  // One more than the limit, so that the application sees that there are too many.
  server.maxHeadersCount = config.maxHeaders + 1
  server.maxConnections = config.maxConnections
  server.maxRequestsPerSocket = config.maxRequestsPerConnection
  server.timeout = config.idleTimeoutMs
  const connections = new Connections(server, onEnd)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerBrokenRequest(error, socket as Socket, connections))
  return { server, connections }
}

/**
 * Makes `server` listen.
 * @param host - undefined: every address of the machine
 * @param port - 0 lets the system choose one
 * @returns the URL at which it can be reached
 * @throws (rejects) the system's error when it can't
 */
export async function listen(server: Server, host: string | undefined, port: number): Promise<string> {
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(server, 'listening')
  const { address, family, port: actual } = server.address() as AddressInfo
  if (address === '::' || address === '0.0.0.0') return `http://localhost:${actual}`
  return family === 'IPv6' ? `http://[${address}]:${actual}` : `http://${address}:${actual}`
}
