import type { ServerResponse } from 'node:http'
import onFinished from 'on-finished'
import typeis from 'type-is'
import { knowsCharset } from './body-parser.js'
import { BodyReader } from './body-reader.js'
import { bodySettings } from './body-settings.js'
import type { Middleware } from './connect.js'
import { contentDecoder } from './content-decoder.js'
import { charsetUnknown } from './http-failure.js'
import type { BodyRequest } from './late-body.js'
import type { PooledBodyOptions } from './pooled-body-options.js'

/**
 * Reads request bodies into pooled memory: a drop-in for `express.raw()`, and with `as` for `express.json()` and `express.text()`.
 *
 * `request.body` is a Buffer of exactly the body. It belongs to the request and goes back to the pool once the response is
 * finished, closed or aborted; {@link holdBody} keeps it longer. Each answer that clients see is that of Express 5, and one is
 * new: with nothing free within `waitMs`, 503 with `retry-after`.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function pooledBody(options: PooledBodyOptions = {}): Middleware {
  const settings = bodySettings(options)
  const { parser, verify } = settings
  return (request: ReadRequest, response: ServerResponse, next) => {
    if (request._body === true || onFinished.isFinished(request)) return next()
    if (!('body' in request)) request.body = undefined
    if (!typeis.hasBody(request) || !settings.shouldRead(request)) return next()
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
    if (looksForFlag(request)) request._body = true
    reader.start()
  }
}

interface ReadRequest extends BodyRequest {
  /** Tells the parsers of Express 4 that the body was read. */
  _body?: boolean
  /** Express's. */
  readonly app?: { readonly lazyrouter?: unknown }
}

/** Whether a later parser may look for `_body`. Express 5's do not, and a property more costs a request some 2 µs. */
function looksForFlag({ app }: ReadRequest): boolean {
  return app === undefined || app.lazyrouter !== undefined
}
