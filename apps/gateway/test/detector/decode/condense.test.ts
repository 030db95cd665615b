import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Condenser } from '../../../src/detector/decode/condense.js'
import { decodedTextBytes, layDecodedText } from '../../../src/detector/decode/decoded-text.js'

const condenser = new Condenser()

/** What remains of `source`, and its raw offsets; nothing when it does not fit. */
function condense(source: Buffer, limit = 512): { content: string; offsets: number[] } | undefined {
  const text = layDecodedText(new Uint8Array(decodedTextBytes(limit)), 0, limit)
  if (!condenser.condense(text, source, 0, source.length, limit)) return undefined
  return { content: text.bytes.toString('latin1', 0, text.length), offsets: [...text.offsets.subarray(0, text.length)] }
}

const ATTACK = `' or 1=1--`

describe('Condenser', () => {
  it.each([
    ['one letter over and over', 'a'.repeat(5000)],
    ['a phrase over and over', 'filler text '.repeat(400)],
    ['an escape over and over', '%61'.repeat(2000)],
    ['blanks', ' \t\n'.repeat(2000)],
    ['a comment', `/*${'x7f3 k2,m9 '.repeat(300)}*/`],
    ['an endless word', Array.from({ length: 3000 }, (_, index) => ((index * index * 31) % 36).toString(36)).join('')]
  ])('takes out %s, before and behind', (_, filler) => {
    expect(condense(Buffer.from(filler + ATTACK))?.content.endsWith(ATTACK)).toBe(true)
    expect(condense(Buffer.from(ATTACK + filler))?.content.startsWith(ATTACK)).toBe(true)
  })

  it('leaves short runs, and the ends of a comment', () => {
    const prose = 'The   quick brown fox, 1 2 3 /* a comment goes */ end'
    expect(condense(Buffer.from(prose))?.content).toBe('The   quick brown fox, 1 2 3 /**/ end')
  })

  it('gives up on what stays too long', () => {
    const prose = Array.from({ length: 400 }, (_, index) => `w${index * 7}`).join(' ')
    expect(condense(Buffer.from(prose))).toBeUndefined()
  })

  it('keeps bytes of the source in their order, each with its place', () => {
    const part = fc.constantFrom('a', 'ab ', ' ', '/*', '*/', '%20', 'x'.repeat(120), 'one phrase that comes again and again', "'")
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const source = Buffer.from(parts.join(''))
        const condensed = condense(source, 8192)
        expect(condensed).toBeDefined()
        let last = -1
        for (const [index, offset] of (condensed?.offsets ?? []).entries()) {
          expect(offset).toBeGreaterThan(last)
          expect(source[offset]).toBe(condensed?.content.charCodeAt(index))
          last = offset
        }
      })
    )
  })
})
