import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { halfOf, readCorpus } from '../../src/detector/evaluate/corpus.js'
import { type KindScore, scoreRequests } from '../../src/detector/evaluate/score.js'
import { ATTACK_KINDS, createThreatDetector } from '../../src/detector/index.js'
import { ScratchSource } from './scratch-source.js'

const FIXTURES = new URL('../../fixtures/requests.jsonl', import.meta.url)
/** A larger labelled set, on machines that have it beside the project. */
const CORPUS = new URL('../../../../../shared/corpus/requests.jsonl', import.meta.url)

function totalOf(scores: readonly KindScore[]): KindScore {
  const total = scores.at(-1)
  if (total === undefined) throw new Error('no scores')
  return total
}

describe('the fixtures', () => {
  const requests = readCorpus(FIXTURES)
  const scores = scoreRequests(createThreatDetector({ source: new ScratchSource() }), requests)

  it('hold attacks of every kind, ordinary requests, and no id twice', () => {
    expect(requests.length).toBeGreaterThan(300)
    expect(new Set(requests.map((request) => request.id)).size).toBe(requests.length)
    for (const kind of ATTACK_KINDS) expect(requests.filter((request) => request.kind === kind).length).toBeGreaterThan(10)
  })

  it('are found by at least 95 %, with fewer than 2 % of the ordinary flagged', () => {
    const total = totalOf(scores)
    expect(total.found / total.attacks).toBeGreaterThanOrEqual(0.95)
    expect(total.ordinaryFlagged / total.ordinary).toBeLessThan(0.02)
  })
})

describe.runIf(existsSync(CORPUS))('the larger set', () => {
  it('is found by at least 85 % in the half that no rule was tuned to', () => {
    const heldOut = readCorpus(CORPUS).filter((request) => halfOf(request.id) === 'held-out')
    const total = totalOf(scoreRequests(createThreatDetector({ source: new ScratchSource() }), heldOut))
    expect(total.found / total.attacks).toBeGreaterThanOrEqual(0.85)
  })
})
