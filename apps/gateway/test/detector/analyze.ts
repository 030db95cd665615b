import { type Analysis, ThreatDetector } from '../../src/detector/index.js'
import { ScratchSource } from './scratch-source.js'

const detector = new ThreatDetector({ source: new ScratchSource(), maxFindings: 64 })

/** Analyses a query parameter, encoded as a browser would. */
export function analyzeParameter(value: string): Analysis {
  return detector.analyzeRequest({ method: 'GET', url: `/page?value=${encodeURIComponent(value)}`, headers: {} }, Buffer.alloc(0))
}

/** Analyses a body under a content type. */
export function analyzeBody(contentType: string, body: string | Buffer): Analysis {
  return detector.analyzeRequest({ method: 'POST', url: '/', headers: { 'content-type': contentType } }, Buffer.from(body))
}

/** Analyses one header. */
export function analyzeHeader(name: string, value: string): Analysis {
  return detector.analyzeRequest({ method: 'GET', url: '/', headers: { [name]: value } }, Buffer.alloc(0))
}

/** The kinds found, each once. */
export function kindsOf(analysis: Analysis): readonly string[] {
  return [...new Set(analysis.findings.map((finding) => finding.kind))]
}

/** Analyses a path. */
export function analyzePath(path: string): Analysis {
  return detector.analyzeRequest({ method: 'GET', url: path, headers: {} }, Buffer.alloc(0))
}
