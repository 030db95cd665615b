import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import { vi } from 'vitest'
import type { Middleware, Next } from '../../src/index.js'

// Sockets, collections and compressors of a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 })

/** What a middleware left behind, as handlers see it. */
export interface SeenRequest extends IncomingMessage {
  body?: unknown
  pooledBuffer?: Buffer | undefined
}

/** Answers a request. */
export type Handler = (request: SeenRequest, response: ServerResponse) => unknown
/** Answers an error. */
export type ErrorHandler = (error: unknown, request: SeenRequest, response: ServerResponse) => unknown

/** A server of a test, on a port of its own. */
export interface Host {
  readonly server: Server
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Makes the listener of a server from middleware and two handlers. */
type Compose = (middleware: readonly Middleware[], handle: Handler, fail: ErrorHandler) => Listener

/** All that the middleware has to work on. */
export const composers: Record<string, Compose> = {
  'Express 5': (middleware, handle, fail) => {
    const app = express5()
    for (const one of middleware) app.use(one)
    app.use((request: SeenRequest, response: ServerResponse) => handle(request, response) as undefined)
    app.use((error: unknown, request: SeenRequest, response: ServerResponse, _next: Next) => void fail(error, request, response))
    return app as Listener
  },
  'Express 4': (middleware, handle, fail) => {
    const app = express4()
    for (const one of middleware) app.use(one)
    app.use((request: SeenRequest, response: ServerResponse) => handle(request, response))
    app.use((error: unknown, request: SeenRequest, response: ServerResponse, _next: Next) => void fail(error, request, response))
    return app as unknown as Listener
  },
  'node:http': (middleware, handle, fail) => (request, response) => {
    const step = (index: number): void => {
      const one = middleware[index]
      const next: Next = (error) => (error === undefined ? step(index + 1) : void fail(error, request, response))
      try {
        if (one === undefined) handle(request, response)
        else one(request, response, next)
      } catch (error) {
        fail(error, request, response)
      }
    }
    step(0)
  }
}

/** Answers an error with its status and those of its properties that clients and error handlers go by. */
export const showError: ErrorHandler = (error, request, response) => {
  const { status, statusCode, type, message, expose, code, limit, length, expected, encoding, charset, body } = error as Record<
    string,
    unknown
  >
  const shown = { status, statusCode, type, message, expose, code, limit, length, expected, encoding, charset, body: describe(body) }
  response.statusCode = typeof status === 'number' ? status : 500
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ ...shown, ...showRequest(request) }))
}

/** Answers with what the body is. */
export const showBody: Handler = (request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(showRequest(request)))
}

function showRequest(request: SeenRequest): object {
  const left = ['data', 'end'].map((event) => request.listenerCount(event))
  return { requestBody: describe(request.body), hasBody: 'body' in request, left }
}

function describe(body: unknown): unknown {
  return Buffer.isBuffer(body) ? { base64: body.toString('base64') } : body === undefined ? 'undefined' : { value: body }
}

/** Starts a server. */
export async function serve(
  kind: string,
  middleware: readonly Middleware[],
  handle: Handler = showBody,
  fail: ErrorHandler = showError
): Promise<Host> {
  const server = createServer(composers[kind]!(middleware, handle, fail))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { server, port, url: `http://127.0.0.1:${port}/`, close }
}
