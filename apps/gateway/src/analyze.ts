import type { IncomingMessage, ServerResponse } from 'node:http'
import { holdBody } from '@pool/express'
import type { Analysis, AnalyzableRequest, ThreatDetector } from './detector/index.js'
import { Refusal } from './http/error-answer.js'
import { noteOutcome } from './http/request-log.js'

/** The answer of `POST /analyze`: places of findings, never the text there. */
export interface AnalyzeAnswer {
  readonly verdict: Analysis['verdict']
  /** In the order found: URI, headers, body. */
  readonly findings: Analysis['findings']
  /** Present, and false, when a bound on work or on findings was met, so that the rest of the request was not seen. */
  readonly complete?: false
}

/** A request whose body was read. */
interface JudgedMessage extends IncomingMessage {
  readonly body?: unknown
}

const METHOD = 'x-original-method'
const URI = 'x-original-uri'
const NO_BODY = Buffer.alloc(0)

/**
 * Judges a request whose body lies in `request.body`, in pooled memory or none. A body that takes long is held from one turn of its analysis to the
 * next, also when its client has left; the answer holds no part of it.
 */
export function analyzeRoute(
  detector: ThreatDetector,
  honourOriginal: boolean
): (request: JudgedMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : NO_BODY
    const isGone = (): boolean => response.closed || response.req.socket.destroyed
    let analysis = detector.analyzeInTurns(judgedRequest(request, honourOriginal), body, isGone)
    if (analysis instanceof Promise) {
      const held = holdBody(request)
      const judged = await analysis.finally(() => held.release())
      if (judged === undefined) return
      analysis = judged
    }
    const { verdict, findings, complete } = analysis
    noteOutcome(response, { bodyBytes: body.length, verdict, rules: findings.map(({ rule }) => rule) })
    const answer: AnalyzeAnswer = complete ? { verdict, findings } : { verdict, findings, complete }
    const text = JSON.stringify(answer)
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(text))
    response.end(text)
  }
}

/**
 * The request that is judged: the one at hand, or the one that a proxy holds and describes, as nginx's `auth_request` does, in
 * `x-original-method` and `x-original-uri`. It has every value of every header and trailer: `request.headers` drops the second
 * `Referer` or `User-Agent`, and an attack could stand in that one.
 * @param honourOriginal - whether those headers count; where clients reach the gateway directly they could hide their own URI by them
 * @throws Refusal 400 `original.ambiguous` when one of them stands there twice: one value would be judged, and the other served
 */
function judgedRequest(request: JudgedMessage, honourOriginal: boolean): AnalyzableRequest {
  const { method, url, headersDistinct: headers } = request
  if (request.rawTrailers.length > 0) {
    for (const [name, values = []] of Object.entries(request.trailersDistinct)) headers[name] = [...(headers[name] ?? []), ...values]
  }
  const { [METHOD]: methods, [URI]: uris } = headers
  if (!honourOriginal || (methods === undefined && uris === undefined)) return { method, url, headers }
  if ((methods?.length ?? 1) > 1 || (uris?.length ?? 1) > 1) {
    throw new Refusal(400, 'original.ambiguous', `${METHOD} and ${URI} stand in a request once each`)
  }
  return { method: methods?.[0] ?? method, url: uris?.[0] ?? url, headers: { ...headers, [METHOD]: undefined, [URI]: undefined } }
}
