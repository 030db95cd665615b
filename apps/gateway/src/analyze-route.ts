import type { RequestHandler } from 'express'
import type { Analysis, ThreatDetector } from './detector/index.js'
import { judgedRequest } from './judged-request.js'
import { noteOutcome } from './request-log.js'

/** What `POST /analyze` answers: where something was found, never what stands there. */
export interface AnalyzeAnswer {
  readonly verdict: Analysis['verdict']
  /** In the order found: URI, headers, body. */
  readonly findings: Analysis['findings']
  /** Present, and false, when a bound on work or on findings was met, so that the rest of the request was not seen. */
  readonly complete?: false
}

const NO_BODY = Buffer.alloc(0)

/**
 * Judges a request whose body lies in `request.body`, in pooled memory or none. Analysis is synchronous: the body is read while
 * the request owns it, and the answer holds no part of it.
 */
export function analyzeRoute(detector: ThreatDetector, honourOriginal: boolean): RequestHandler {
  return (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : NO_BODY
    const { verdict, findings, complete } = detector.analyzeRequest(judgedRequest(request, honourOriginal), body)
    noteOutcome(response, { bodyBytes: body.length, verdict, rules: findings.map(({ rule }) => rule) })
    const answer: AnalyzeAnswer = complete ? { verdict, findings } : { verdict, findings, complete }
    response.json(answer)
  }
}
