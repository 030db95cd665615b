import { describe, expect, it } from 'vitest'
import { classInstruments, failuresInstrument, poolInstruments } from '../src/semconv.js'

const all = [...poolInstruments, ...classInstruments, failuresInstrument]

describe('the semantic conventions', () => {
  it('have each name once, in lower case, in a namespace', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name } of all) expect(name).toMatch(/^pool\.[a-z]+(\.[a-z]+(_[a-z]+)*)+$/)
  })

  it('have no name that is the namespace of another one that exporters could not tell apart', () => {
    const flat = all.map(({ name }) => name.replaceAll('.', '_'))
    expect(new Set(flat).size).toBe(all.length)
  })

  it('say nothing that exporters add: no total, no count, no unit', () => {
    for (const { name } of all) expect(name).not.toMatch(/total|count|bytes|seconds/)
  })

  it('give each a unit, of UCUM or in braces, and a sentence that says what it is', () => {
    for (const { unit, description } of all) {
      expect(unit).toMatch(/^(1|By|s|\{[a-z]+\})$/)
      expect(description).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('add up what can be added, and nothing else', () => {
    for (const { kind, combine } of all) expect(combine === 'sum').toBe(kind !== 'gauge')
  })
})
