import type { ServerResponse } from 'node:http'
import onFinished from 'on-finished'
import { knowsCharset } from './body-parser.js'
import { BodyReader } from './body-reader.js'
import { type BodySettings, bodySettings } from './body-settings.js'
import type { Middleware, Next } from './connect.js'
import { contentDecoder } from './content-decoder.js'
import { charsetUnknown } from './http-failure.js'
import type { PooledBodyOptions } from './pooled-body-options.js'
import type { BodyRequest } from './request-body.js'

/**
 * Reads request bodies into pooled memory: a drop-in for `express.raw()`, and with `as` for `express.json()` and `express.text()`.
 *
 * `request.body` is a Buffer of exactly the body. It belongs to the request and goes back to the pool once the response is
 * finished, closed or aborted; {@link holdBody} keeps it longer. Each answer that clients see is that of the Express it runs on, and one is
 * new: with nothing free within `waitMs`, 503 with `retry-after`. An option that it does not know is ignored, with a warning.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option; a TypeError for `limit` and `verify`, as with body-parser
 */
export function pooledBody(options: PooledBodyOptions | null = {}): Middleware {
  const settings = bodySettings(options)
  return (request: ReadRequest, response: ServerResponse, next) => {
    const { app } = request
    const isFour = isExpress4(app)
    // The parsers of Express 4 go by a flag on the request, those of Express 5 by the stream; others by either.
    if (request._body && (isFour || app === undefined)) return next()
    if (!isFour && onFinished.isFinished(request)) return next()
    if (isFour) request.body = request.body || {}
    else if (!('body' in request)) request.body = undefined
    if (!hasBody(request)) return next()
    const loading = settings.loading(request)
    if (loading === undefined) readBody(settings, request, response, next)
    else void readAfter(loading, settings, request, response, next)
  }
}

/** As {@link readBody}, once a library is loaded. The request may need another one: its type decides which charset counts. */
async function readAfter(
  loading: Promise<void> | undefined,
  settings: BodySettings,
  request: ReadRequest,
  response: ServerResponse,
  next: Next
): Promise<void> {
  for (let missing = loading; missing !== undefined; missing = settings.loading(request)) {
    try {
      await missing
    } catch (error) {
      process.nextTick(next, error)
      return
    }
  }
  // Not in the promise's own callback, where an error that a handler throws would be a rejection.
  process.nextTick(readBody, settings, request, response, next)
}

function readBody(settings: BodySettings, request: ReadRequest, response: ServerResponse, next: Next): void {
  if (!settings.shouldRead(request)) {
    next()
    return
  }
  const { parser, verify } = settings
  const { app } = request
  // Only for those that look for it: a property more costs a request some 2 µs.
  if (app === undefined || isExpress4(app)) request._body = true
  let charset: string | null = null
  let reader: BodyReader
  try {
    if (parser !== undefined) {
      charset = parser.charsetOf(request)
      if (verify !== undefined && !knowsCharset(charset)) throw charsetUnknown(charset)
    }
    const decoder = contentDecoder(request.headers['content-encoding'], settings.inflate)
    reader = new BodyReader(settings, request, response, next, decoder, charset)
  } catch (error) {
    next(error)
    return
  }
  reader.start()
}

/** RFC 9112, section 6.3: a request has a body when one of two headers frames it. */
function hasBody({ headers }: ReadRequest): boolean {
  return headers['transfer-encoding'] !== undefined || !Number.isNaN(Number(headers['content-length']))
}

function isExpress4(app: ReadRequest['app']): boolean {
  return app?.lazyrouter !== undefined
}

interface ReadRequest extends BodyRequest {
  /** Tells the parsers of Express 4 that the body was read. */
  _body?: boolean
  /** Express's; that of Express 4 has a `lazyrouter`. */
  readonly app?: { readonly lazyrouter?: unknown }
}
