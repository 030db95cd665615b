import type { RequestHandler } from 'express'
import { requestId } from './request-log.js'

/**
 * Refuses requests with more than `most` headers. Node itself drops those beyond its `maxHeadersCount` silently, so that nobody
 * would judge them; set that one higher.
 */
export function boundHeaderCount(most: number): RequestHandler {
  return (request, response, next) => {
    if (request.rawHeaders.length <= 2 * most) {
      next()
      return
    }
    response
      .status(431)
      .set('connection', 'close')
      .json({ error: { code: 'headers.too.many', message: `more than ${most} headers` }, requestId: requestId(request) })
  }
}
