import type { ThreatDetector } from '../threat-detector.js'
import type { LabelledRequest } from './corpus.js'

/** A detector's verdicts on the requests of one kind. */
export interface KindScore {
  readonly kind: string
  attacks: number
  /** Attacks with any finding. */
  found: number
  /** Attacks with a finding of their own kind. */
  ownKind: number
  lookalikes: number
  /** Lookalikes with a finding of the kind that they look like. */
  lookalikesFlagged: number
  ordinary: number
  ordinaryFlagged: number
}

/** Runs `requests` through `detector`; scores by kind in order of appearance, and in total under `all`. */
export function scoreRequests(detector: ThreatDetector, requests: readonly LabelledRequest[]): readonly KindScore[] {
  const total = emptyScore('all')
  const byKind = new Map<string, KindScore>()
  for (const request of requests) {
    const score = byKind.get(request.kind) ?? emptyScore(request.kind)
    byKind.set(request.kind, score)
    const { findings } = detector.analyzeRequest(
      { method: request.method, url: request.uri, headers: foldNames(request.headers) },
      Buffer.from(request.body)
    )
    const own = findings.some((finding) => finding.kind === request.kind)
    for (const each of [score, total]) count(each, request.label, findings.length > 0, own)
  }
  return [...byKind.values(), total]
}

function emptyScore(kind: string): KindScore {
  return { kind, attacks: 0, found: 0, ownKind: 0, lookalikes: 0, lookalikesFlagged: 0, ordinary: 0, ordinaryFlagged: 0 }
}

function count(score: KindScore, label: LabelledRequest['label'], flagged: boolean, own: boolean): void {
  if (label === 'attack') {
    score.attacks += 1
    if (flagged) score.found += 1
    if (own) score.ownKind += 1
  } else if (label === 'lookalike') {
    score.lookalikes += 1
    if (own) score.lookalikesFlagged += 1
  } else {
    score.ordinary += 1
    if (flagged) score.ordinaryFlagged += 1
  }
}

function foldNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
