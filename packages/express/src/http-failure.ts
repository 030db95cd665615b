import type { ServerResponse } from 'node:http'
import { isPoolError, type PoolError } from '@pool/core'
import { isRetryable } from '@pool/core/kit/universal'
import createError, { type HttpError } from 'http-errors'

/** Errors as body-parser makes them: error handlers recognise them by `status` and `type`. */
export type { HttpError }

/** 413: the body is longer than the limit allows. */
export function tooLarge(limit: number, figures: { expected: number; length: number } | { received: number }): HttpError {
  return createError(413, 'request entity too large', { limit, ...figures, type: 'entity.too.large' })
}

/** 400: the body has not the length that its header gave. */
export function sizeMismatch(length: number, received: number): HttpError {
  const figures = { expected: length, length, received }
  return createError(400, 'request size did not match content length', { ...figures, type: 'request.size.invalid' })
}

/** 400: the client went away, or the response ended, before the body was there. */
export function aborted(length: number | null, received: number): HttpError {
  const figures = { expected: length, length, received }
  return createError(400, 'request aborted', { code: 'ECONNABORTED', ...figures, type: 'request.aborted' })
}

/** 415: a content-encoding that is switched off. */
export function encodingOff(encoding: string): HttpError {
  return createError(415, 'content encoding unsupported', { encoding, type: 'encoding.unsupported' })
}

/** 415: a content-encoding that this version of Node can't inflate. */
export function encodingUnknown(encoding: string): HttpError {
  return createError(415, `unsupported content encoding "${encoding}"`, { encoding, type: 'encoding.unsupported' })
}

/** 415: a charset that is not known. */
export function charsetUnknown(charset: string): HttpError {
  return createError(415, `unsupported charset "${charset.toUpperCase()}"`, { charset: charset.toLowerCase(), type: 'charset.unsupported' })
}

/** 500: an earlier middleware called `request.setEncoding()`. */
export function encodingSet(): HttpError {
  return createError(500, 'stream encoding should not be set', { type: 'stream.encoding.set' })
}

/** 500: an earlier middleware has read the body. */
export function notReadable(): HttpError {
  return createError(500, 'stream is not readable', { type: 'stream.not.readable' })
}

/** Gives an error that has none a status of 400. */
export function badRequest(error: unknown): HttpError {
  return failureOf(400, error)
}

/**
 * An error that speaks of the body: of `verify` (403) or of parsing (400). `body` is there for handlers that ask for it, and not
 * enumerable: loggers print enumerable properties, and bodies do not belong into logs.
 */
export function bodyFailure(status: 400 | 403, error: unknown, type: string, body: unknown): HttpError {
  const given = (error as { type?: string } | null | undefined)?.type
  const failure = failureOf(status, error, { type: given || type })
  return Object.defineProperty(failure, 'body', { value: body, enumerable: false, configurable: true, writable: true })
}

/** 503 with `retry-after` when a pool has nothing free; any other error as it is. */
export function unavailable(error: unknown, retryAfterSeconds: number, response: ServerResponse): unknown {
  if (!isRetryable(error) && !isPoolError(error, 'ERR_POOL_CLOSED')) return error
  const retryAfter = String(retryAfterSeconds)
  // For the application's own error handlers; that of Express drops earlier headers, and takes those of the error.
  if (!response.headersSent) response.setHeader('retry-after', retryAfter)
  return createError(503, error as PoolError, { type: 'pool.exhausted', headers: { 'retry-after': retryAfter } })
}

/** An error with a status for any thrown value: an application may throw a number, or an error that can't be extended. */
function failureOf(status: number, error: unknown, properties: object = {}): HttpError {
  if (typeof error === 'string') return createError(status, error, properties)
  if (error instanceof Error && Object.isExtensible(error)) return createError(status, error, properties)
  const message = error instanceof Error ? error.message : 'what was thrown is not an Error'
  return createError(status, message, { ...properties, cause: error })
}
