import { createHash } from 'node:crypto'
import type { Sample } from '../../src/demo/samples.js'
import { VerdictScore } from '../../src/demo/verdict-score.js'
import type { ThreatDetector } from '../../src/detector/index.js'

/** `tuning`, which the writer of rules may look at, and `held-out`, which only ever gives figures. */
export const HALVES = ['tuning', 'held-out'] as const

/** The half that a name belongs to, by its hash: the same on every machine. */
export function halfOf(name: string): (typeof HALVES)[number] {
  return HALVES[(createHash('sha256').update(name).digest()[0] as number) & 1] as (typeof HALVES)[number]
}

/** Runs `samples` through `detector`. */
export function scoreSamples(detector: ThreatDetector, samples: readonly Sample[]): VerdictScore {
  const score = new VerdictScore()
  for (const sample of samples) {
    const headers = Object.fromEntries(Object.entries(sample.headers).map(([name, value]) => [name.toLowerCase(), value]))
    score.add(sample, detector.analyzeRequest({ method: sample.method, url: sample.uri, headers }, Buffer.from(sample.body)))
  }
  return score
}
