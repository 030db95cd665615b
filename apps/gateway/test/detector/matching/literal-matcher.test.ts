import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LiteralMatcher } from '../../../src/detector/matching/literal-matcher.js'

function hits(literals: readonly string[], text: string): string[] {
  const found: string[] = []
  const bytes = Buffer.from(text, 'latin1')
  new LiteralMatcher(literals).scan(bytes, 0, bytes.length, (literal, end) => found.push(`${literals[literal]}@${end}`))
  return found.sort()
}

describe('LiteralMatcher', () => {
  it('finds literals in any case, overlapping and inside one another', () => {
    expect(hits(['he', 'she', 'his', 'hers'], 'uSHErs')).toEqual(['he@4', 'hers@6', 'she@4'])
  })

  it('looks at the given range alone', () => {
    const found: number[] = []
    new LiteralMatcher(['ab']).scan(Buffer.from('abab'), 1, 3, (_, end) => found.push(end))
    expect(found).toEqual([])
  })

  it('refuses literals that it could never find', () => {
    expect(() => new LiteralMatcher([''])).toThrow(TypeError)
    expect(() => new LiteralMatcher(['é'])).toThrow(TypeError)
  })

  it('finds what indexOf finds', () => {
    const letters = fc.constantFrom('a', 'b', 'c', '%')
    const word = fc.array(letters, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 8 }), fc.array(letters, { maxLength: 80 }), (literals, parts) => {
        const text = parts.join('')
        const expected = literals.flatMap((literal) => {
          const ends: string[] = []
          for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + 1)) ends.push(`${literal}@${at + literal.length}`)
          return ends
        })
        expect(hits(literals, text)).toEqual(expected.sort())
      })
    )
  })
})
