import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPoolError } from '@pool/core'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { noteOutcome, requestId } from './request-log.js'

/** A request is not served, and its sender may know why: {@link answerError} answers status, code and message. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** The stable code. */
  readonly type: string

  /** @param message - holds nothing of the request */
  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

/** Every error that a client sees: a stable code, a sentence, and the id under which the log has more. */
interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** When to try again, in seconds, after something ran out: requests here take milliseconds. */
const RETRY_AFTER_SECONDS = '1'
/** The bytes that Node reads at a time: seldom have more come with the head. */
const SHORT_BYTES = 65_536
/** How long a client that still sends has to read its refusal. */
const LINGER_MS = 1000
const UNAVAILABLE = new Set(['ERR_POOL_EXHAUSTED', 'ERR_POOL_ACQUIRE_TIMEOUT', 'ERR_POOL_QUEUE_FULL', 'ERR_POOL_CLOSED'])

/** Answers an error, in JSON. The response must not have begun. */
export function sendError(response: ServerResponse, { status, code, message }: ErrorAnswer): void {
  noteOutcome(response, { code })
  const body = Buffer.from(JSON.stringify({ error: { code, message }, requestId: requestId(response) }))
  if (status === 503 || status === 429) response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  // A scheme of our own, since a 401 must name one; `Basic` would make browsers ask and send strings.
  if (status === 401) response.setHeader('www-authenticate', 'Password realm="gateway"')
  response.statusCode = status
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('content-length', body.length)
  if (status !== 503 || response.req.complete || response.getHeader('connection') !== 'close') {
    response.end(body)
    return
  }
  // A long rest of the body is not read, which would cost most of what the refusal spares. The client has its answer, and a while to read
  // it: a connection that is closed on unread bytes is reset, and may take the answer with it.
  response.write(body)
  const deadline = setTimeout(() => response.end(), LINGER_MS)
  response.once('close', () => clearTimeout(deadline))
}

/** Answers requests that match no route. */
export const answerNotFound: RequestHandler = (_request, response) => {
  noteOutcome(response, { route: 'none' })
  sendError(response, { status: 404, code: 'route.unknown', message: 'no such route' })
}

/** Answers a method that a route does not know. */
export function answerMethod(allowed: string): RequestHandler {
  return (_request, response) => {
    response.setHeader('allow', allowed)
    sendError(response, { status: 405, code: 'method.unknown', message: `this route answers ${allowed}` })
  }
}

/** Answers errors. Those that the client can do something about say what; all others say nothing and are logged. */
export const answerError: ErrorRequestHandler = (error: unknown, request, response, _next) => answerFailure(error, request, response)

/** The same without Express. */
export function answerFailure(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const answer = describe(error)
  if (answer.status === 500) {
    noteOutcome(response, { err: error instanceof Error ? error : new Error('something other than an Error was thrown') })
  }
  // Only a broken connection shows a client that an answer which has begun is not whole.
  if (response.headersSent) {
    // Node may still hold the bytes that were written in this turn: from Node 26 on, the end of the socket overtakes them.
    setImmediate(() => request.socket.destroySoon())
    return
  }
  // A short rest of a refused body is read, so that the connection can go on. A long one is not waited for, and nothing can follow on it.
  if (answer.status === 503 && Number(request.headers['content-length']) <= SHORT_BYTES) request.resume()
  else if (!request.complete) response.setHeader('connection', 'close')
  sendError(response, answer)
}

function describe(error: unknown): ErrorAnswer {
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
