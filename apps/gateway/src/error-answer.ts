import { isPoolError } from '@pool/core'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { noteOutcome, requestId } from './request-log.js'

/** Every error that a client sees: a stable code, a sentence, and the id under which the log has more. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string }
  readonly requestId: string
}

/** When to try again, in seconds, after memory ran out: requests here take milliseconds. */
const RETRY_AFTER_SECONDS = '1'
const UNAVAILABLE = new Set(['ERR_POOL_EXHAUSTED', 'ERR_POOL_ACQUIRE_TIMEOUT', 'ERR_POOL_QUEUE_FULL', 'ERR_POOL_CLOSED'])

/** Answers what no route did. */
export const answerNotFound: RequestHandler = (request, response) => {
  noteOutcome(response, { route: 'none' })
  response.status(404).json({ error: { code: 'route.unknown', message: 'no such route' }, requestId: requestId(request) })
}

/** Answers a method that a route does not know. */
export function answerMethod(allowed: string): RequestHandler {
  return (request, response) => {
    response
      .status(405)
      .set('allow', allowed)
      .json({ error: { code: 'method.unknown', message: `this route answers ${allowed}` }, requestId: requestId(request) })
  }
}

/**
 * Answers errors. Those that the client can do something about say what; all others say nothing and are logged.
 */
export const answerError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const { status, code, message } = describe(error)
  if (status >= 500) response.err = error instanceof Error ? error : new Error('something other than an Error was thrown')
  if (response.headersSent) {
    next(error)
    return
  }
  if (status === 503) response.set('retry-after', RETRY_AFTER_SECONDS)
  // A scheme of our own, since a 401 must name one; `Basic` would make browsers ask and send strings.
  if (status === 401) response.set('www-authenticate', 'Password realm="gateway"')
  // What is left of the body is not waited for, so nothing can follow on this connection.
  if (!request.complete) response.set('connection', 'close')
  response.status(status).json({ error: { code, message }, requestId: requestId(request) } satisfies ErrorAnswer)
}

function describe(error: unknown): { status: number; code: string; message: string } {
  if (isPoolError(error) && UNAVAILABLE.has(error.code)) {
    return { status: 503, code: error.code, message: 'no memory is free for this request; try again' }
  }
  const { status, expose, type, message } = Object(error) as { status?: unknown; expose?: unknown; type?: unknown; message?: unknown }
  if (typeof status === 'number' && status >= 400 && status < 500 && expose !== false) {
    return { status, code: typeof type === 'string' ? type : `http.${status}`, message: String(message) }
  }
  if (status === 503) return { status, code: typeof type === 'string' ? type : 'http.503', message: 'the gateway is busy; try again' }
  return { status: 500, code: 'internal', message: 'the gateway failed' }
}
