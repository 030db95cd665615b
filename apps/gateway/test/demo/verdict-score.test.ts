import { describe, expect, test } from 'vitest'
import type { AnalyzeAnswer } from '../../src/analyze.js'
import type { Sample } from '../../src/demo/samples.js'
import { VerdictScore } from '../../src/demo/verdict-score.js'

const sample = (id: string, label: Sample['label']): Sample => ({ id, kind: 'xss', label, method: 'GET', uri: '/', headers: {}, body: '' })
const clean: AnalyzeAnswer = { verdict: 'clean', findings: [] }
const threat = (kind: 'xss' | 'sql-injection'): AnalyzeAnswer => ({
  verdict: 'threat',
  findings: [{ kind, rule: 'a-rule', where: 'body', offset: 0 }]
})

describe('VerdictScore', () => {
  test('counts by label and kind, and what was found as its own kind', () => {
    const score = new VerdictScore()
    score.add(sample('a', 'attack'), threat('xss'))
    score.add(sample('b', 'attack'), threat('sql-injection'))
    score.add(sample('c', 'attack'), clean)
    score.add(sample('d', 'ordinary'), clean)
    expect(score.of('attack')).toMatchObject([
      { kind: 'xss', requests: 3, threats: 2, sameKind: 1 },
      { kind: 'all', requests: 3, threats: 2, sameKind: 1 }
    ])
    expect(score.of('ordinary')).toMatchObject([
      { kind: 'xss', requests: 1, threats: 0, sameKind: 0 },
      { kind: 'all', requests: 1, threats: 0, sameKind: 0 }
    ])
    expect(score.of('lookalike')).toEqual([])
  })

  test('tells how many samples another gateway judged otherwise, or not at all', () => {
    const [one, other] = [new VerdictScore(), new VerdictScore()]
    for (const score of [one, other]) score.add(sample('a', 'attack'), threat('xss'))
    expect(one.differences(other)).toBe(0)
    one.add(sample('b', 'attack'), threat('xss'))
    other.add(sample('b', 'attack'), clean)
    other.add(sample('c', 'attack'), clean)
    expect([one.differences(other), other.differences(one)]).toEqual([2, 2])
  })
})
