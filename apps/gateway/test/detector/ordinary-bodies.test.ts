import { describe, expect, it } from 'vitest'
import { newBodies } from '../../bench/new-bodies.js'
import { type Analysis, createThreatDetector } from '../../src/detector/index.js'
import { ScratchSource } from './scratch-source.js'

/** Bodies of each kind, by their size in KiB. */
const COUNTS: Readonly<Record<number, number>> = { 1: 2000, 4: 500, 16: 200, 64: 150, 1024: 6 }
const FORM = 'application/x-www-form-urlencoded'

describe('ordinary bodies of records and prose, each new', () => {
  const detector = createThreatDetector({ source: new ScratchSource() })
  const rulesOf = ({ findings }: Analysis): string => findings.map(({ rule, offset }) => `${rule} at ${offset}`).join()

  it.each(newBodies(Object.keys(COUNTS).map(Number)))('are flagged by fewer than 1 %: $name', ({ type, bytes, next }) => {
    const bodies = next(COUNTS[bytes / 1024] as number)
    const found = bodies.map((body) => detector.analyzeRequest({ method: 'POST', url: '/', headers: { 'content-type': type } }, body))
    const flagged = found.filter(({ verdict }) => verdict === 'threat')
    expect(flagged.length / bodies.length, flagged.map(rulesOf).join('\n')).toBeLessThan(0.01)
  })

  it('are flagged by fewer than 0.1 % as parameters of a URL', () => {
    const queries =
      newBodies([2])
        .find(({ type }) => type === FORM)
        ?.next(2000) ?? []
    const found = queries.map((query) => detector.analyzeRequest({ method: 'GET', url: `/list?${query}`, headers: {} }, Buffer.alloc(0)))
    expect(found.length).toBe(2000)
    expect(found.filter(({ verdict }) => verdict === 'threat').map(rulesOf)).toHaveLength(0)
  })
})
