import type { IncomingMessage, ServerResponse } from 'node:http'

/** Hands the request on, or to the error handlers when there is an error. */
export type Next = (error?: unknown) => void

/** A middleware as Express 4 and 5, connect and bare `node:http` chains take it. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void
