import type { IncomingHttpHeaders } from 'node:http'
import type { Request } from 'express'
import type { AnalyzableRequest } from './detector/index.js'

const METHOD = 'x-original-method'
const URI = 'x-original-uri'

/**
 * The request that is judged: the one at hand, or the one that a proxy holds and describes, as nginx's `auth_request` does,
 * in `x-original-method` and `x-original-uri`.
 * @param honourOriginal - whether those headers count; where clients reach the gateway directly they could hide their own URI by them
 */
export function judgedRequest(request: Request, honourOriginal: boolean): AnalyzableRequest {
  const { method, originalUrl: url, headers } = request
  if (!honourOriginal || (headers[METHOD] === undefined && headers[URI] === undefined)) return { method, url, headers }
  return {
    method: single(headers, METHOD) ?? method,
    url: single(headers, URI) ?? url,
    headers: { ...headers, [METHOD]: undefined, [URI]: undefined }
  }
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
