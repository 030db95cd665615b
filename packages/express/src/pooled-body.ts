import type { ServerResponse } from 'node:http'
import onFinished from 'on-finished'
import typeis from 'type-is'
import { knowsCharset } from './body-parser.js'
import { BodyReader } from './body-reader.js'
import { bodySettings } from './body-settings.js'
import type { Middleware } from './connect.js'
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
  const { parser, verify } = settings
  return (request: ReadRequest, response: ServerResponse, next) => {
    const { app } = request
    const isExpress4 = app?.lazyrouter !== undefined
    // The parsers of Express 4 go by a flag on the request, those of Express 5 by the stream; others by either.
    if (request._body && (isExpress4 || app === undefined)) return next()
    if (!isExpress4 && onFinished.isFinished(request)) return next()
    if (isExpress4) request.body = request.body || {}
    else if (!('body' in request)) request.body = undefined
    if (!typeis.hasBody(request) || !settings.shouldRead(request)) return next()
    // Only for those that look for it: a property more costs a request some 2 µs.
    if (isExpress4 || app === undefined) request._body = true
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
      return next(error)
    }
    reader.start()
  }
}

interface ReadRequest extends BodyRequest {
  /** Tells the parsers of Express 4 that the body was read. */
  _body?: boolean
  /** Express's; that of Express 4 has a `lazyrouter`. */
  readonly app?: { readonly lazyrouter?: unknown }
}
