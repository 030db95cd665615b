import type { Request } from 'express'
import type { AnalyzableRequest } from './detector/index.js'

const METHOD = 'x-original-method'
const URI = 'x-original-uri'

/**
 * The request that is judged: the one at hand, or the one that a proxy holds and describes, as nginx's `auth_request` does,
 * in `x-original-method` and `x-original-uri`. Has every value of every header: `request.headers` drops the second `Referer` or
 * `User-Agent`, and an attack could stand in that one.
 * @param honourOriginal - whether those headers count; where clients reach the gateway directly they could hide their own URI by them
 */
export function judgedRequest(request: Request, honourOriginal: boolean): AnalyzableRequest {
  const { method, originalUrl: url, headersDistinct: headers } = request
  const [originalMethod, originalUri] = [headers[METHOD]?.[0], headers[URI]?.[0]]
  if (!honourOriginal || (originalMethod === undefined && originalUri === undefined)) return { method, url, headers }
  return { method: originalMethod ?? method, url: originalUri ?? url, headers: { ...headers, [METHOD]: undefined, [URI]: undefined } }
}
