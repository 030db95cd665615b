import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'

/** The log's entry of a request: no text of the client. */
export interface RequestOutcome {
  /** The route that answered. */
  route?: string
  /** Bytes of the body that was analysed. */
  bodyBytes?: number
  verdict?: string
  /** Messages of a stream that have a line in the answer. */
  messages?: number
  /** Messages of a stream in which something was found. */
  threats?: number
  /** The rules that found something. */
  rules?: readonly string[]
  /** The code of the error that was answered. */
  code?: string
  /** A failure of the gateway's own. */
  err?: Error
}

/** A request that is under way, as it will be logged. */
interface RequestRecord extends RequestOutcome {
  requestId: string
  method: string | undefined
  status: number | undefined
  elapsedMs: number
}

declare module 'node:http' {
  interface ServerResponse {
    /** For the log. */
    record?: RequestRecord
  }
}

/** Adds to the log entry of a request, which is written when the request ends. */
export function noteOutcome(response: ServerResponse, outcome: RequestOutcome): void {
  if (response.record !== undefined) Object.assign(response.record, outcome)
}

/** Middleware: names the route of a request for the log, which must not hold the path that the client wrote. */
export function nameRoute(route: string): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (_request, response, next) => {
    if (response.record !== undefined) response.record.route = route
    next()
  }
}

/** The id under which a request is logged, and which its answer carries in `x-request-id`. */
export function requestId(response: ServerResponse): string {
  return response.record?.requestId ?? ''
}

/** Gives a request an id, the client's own `x-request-id` when that is a plain one. */
export function beginRecord(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
  response.setHeader('x-request-id', id)
  response.record = { requestId: id, method: request.method, status: undefined, elapsedMs: performance.now() }
}

/** Logs the line of a request, once it has ended. It holds neither URI, headers nor body, which attackers write. */
export function logRequest(logger: Logger, response: ServerResponse): void {
  const { record } = response
  if (record === undefined) return
  const { headersSent, statusCode, writableFinished } = response
  record.status = headersSent ? statusCode : undefined
  record.elapsedMs = Math.round(performance.now() - record.elapsedMs)
  if (record.err !== undefined) logger.error(record, 'request failed')
  else logger[statusCode > 500 ? 'warn' : 'info'](record, writableFinished ? 'request answered' : 'request aborted')
}
