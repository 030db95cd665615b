import type { RequestHandler } from 'express'
import type { Analysis, ThreatDetector } from './detector/index.js'
import { judgedRequest } from './judged-request.js'
import { noteOutcome } from './request-log.js'

/** What `POST /analyze` answers: where something was found, never what stands there. */
export type AnalyzeAnswer = Analysis

const NO_BODY = Buffer.alloc(0)

/**
 * Judges a request whose body lies in `request.body`, in pooled memory or none. Analysis is synchronous: the body is read while
 * the request owns it, and the answer holds no part of it.
 */
export function analyzeRoute(detector: ThreatDetector, honourOriginal: boolean): RequestHandler {
  return (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : NO_BODY
    const answer: AnalyzeAnswer = detector.analyzeRequest(judgedRequest(request, honourOriginal), body)
    noteOutcome(response, { bodyBytes: body.length, verdict: answer.verdict, rules: answer.findings.map(({ rule }) => rule) })
    response.json(answer)
  }
}
