import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OWN_SAMPLES, readSamples } from '../../src/demo/samples.js'
import type { KindScore, VerdictScore } from '../../src/demo/verdict-score.js'
import { ATTACK_KINDS, createThreatDetector } from '../../src/detector/index.js'
import { halfOf, scoreSamples } from './score-samples.js'
import { ScratchSource } from './scratch-source.js'

/** A larger labelled set, on machines that have it beside the project. */
const CORPUS = new URL('../../../../../shared/corpus/requests.jsonl', import.meta.url)

function totalOf(score: VerdictScore, label: 'attack' | 'ordinary'): KindScore {
  return score.of(label).at(-1) as KindScore
}

describe('the fixtures', () => {
  const requests = readSamples(OWN_SAMPLES)
  const score = scoreSamples(createThreatDetector({ source: new ScratchSource() }), requests)

  it('hold attacks of every kind, ordinary requests, and no id twice', () => {
    expect(requests.length).toBeGreaterThan(300)
    expect(new Set(requests.map((request) => request.id)).size).toBe(requests.length)
    for (const kind of ATTACK_KINDS) expect(requests.filter((request) => request.kind === kind).length).toBeGreaterThan(10)
  })

  it('are found by at least 95 %, with fewer than 2 % of the ordinary flagged', () => {
    const [attacks, ordinary] = [totalOf(score, 'attack'), totalOf(score, 'ordinary')]
    expect(attacks.threats / attacks.requests).toBeGreaterThanOrEqual(0.95)
    expect(ordinary.threats / ordinary.requests).toBeLessThan(0.02)
  })
})

describe.runIf(existsSync(CORPUS))('the larger set', () => {
  it('is found by at least 87 % in the half that no rule was tuned to', () => {
    const heldOut = readSamples(CORPUS).filter((request) => halfOf(request.id) === 'held-out')
    const attacks = totalOf(scoreSamples(createThreatDetector({ source: new ScratchSource() }), heldOut), 'attack')
    expect(attacks.threats / attacks.requests).toBeGreaterThanOrEqual(0.87)
  })
})
