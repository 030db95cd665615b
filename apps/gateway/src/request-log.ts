import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { type HttpLogger, pinoHttp } from 'pino-http'

/** What a request came to, for the log: nothing that the client wrote. */
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
}

// Stands on the response itself, beside what pino-http keeps there.
declare module 'node:http' {
  interface ServerResponse {
    outcome?: RequestOutcome
  }
}

/** Adds to what is logged of a request when it ends. */
export function noteOutcome(response: ServerResponse, outcome: RequestOutcome): void {
  response.outcome = response.outcome === undefined ? outcome : Object.assign(response.outcome, outcome)
}

/** Middleware: names the route of a request for the log, which must not hold the path that the client wrote. */
export function nameRoute(route: string): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (_request, response, next) => {
    noteOutcome(response, { route })
    next()
  }
}

/** The id under which a request is logged, and which its answer carries in `x-request-id`. */
export function requestId(request: IncomingMessage): string {
  return String(request.id)
}

/**
 * Middleware: gives each request an id, the client's own `x-request-id` when that is a plain one, and logs one line when it
 * ends. The line holds neither the URI, nor headers, nor the body: those are what attackers write.
 */
export function requestLog(logger: Logger): HttpLogger {
  const describe = (request: IncomingMessage, response: ServerResponse, elapsedMs: number) => ({
    method: request.method,
    status: response.headersSent ? response.statusCode : undefined,
    elapsedMs,
    ...response.outcome
  })
  return pinoHttp({
    logger,
    genReqId: chooseId,
    customAttributeKeys: { reqId: 'requestId' },
    quietReqLogger: true,
    quietResLogger: true,
    serializers: { req: () => undefined, res: () => undefined },
    customLogLevel: (_request, response, error) => {
      if (error !== undefined || response.statusCode === 500) return 'error'
      return response.statusCode > 500 ? 'warn' : 'info'
    },
    customSuccessMessage: (_request, response) => (response.writableFinished ? 'request answered' : 'request aborted'),
    customErrorMessage: () => 'request failed',
    customSuccessObject: (request, response, { responseTime }) => describe(request, response, responseTime),
    customErrorObject: (request, response, _error, { responseTime }) => ({
      ...describe(request, response, responseTime),
      err: response.err
    })
  })
}

function chooseId(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
  response.setHeader('x-request-id', id)
  return id
}
