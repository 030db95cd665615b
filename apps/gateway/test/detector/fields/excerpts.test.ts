import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visitExcerpts } from '../../../src/detector/fields/excerpts.js'
import { atOnce, ORIGIN } from '../../../src/detector/fields/field.js'

const LIMIT = 256
const PROSE = 'We met (all of us) on Monday, in the old house; it was "late", and nobody\'s train came before ten. '
  .replaceAll(';', ',')
  .repeat(5)
const ATTACK = "1' or 1=1--"

function excerptsOf(text: string, origin: 'string' | 'value' = 'string'): readonly string[] {
  const bytes = Buffer.from(text)
  const excerpts: string[] = []
  atOnce(visitExcerpts(ORIGIN[origin], bytes, 0, bytes.length, LIMIT, (start, end) => excerpts.push(bytes.toString('utf8', start, end))))
  return excerpts
}

function encode(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

describe('visitExcerpts', () => {
  it('visits begin, end, and what stands out between', () => {
    const excerpts = excerptsOf(`${PROSE}${ATTACK} ${PROSE}`)
    expect(excerpts).toHaveLength(3)
    expect(excerpts[1]).toContain(ATTACK)
    for (const excerpt of excerpts) expect(excerpt.length).toBeLessThanOrEqual(ATTACK.length + 2 * 64)
  })

  it.each([
    ['line ends and quotes of JSON', 'string', encode(PROSE.replaceAll(', ', ',\n'))],
    ['letters of other languages', 'string', 'Жили-были старик со старухой у самого синего моря, и было у них всё. '.repeat(6)],
    ['the same, escaped', 'string', 'Fran\\u00e7ois arriva \\u00e0 l\\u2019heure, et \\u4e2d\\u6587 aussi. '.repeat(8)],
    ['escapes of a form', 'value', encodeURIComponent(PROSE)],
    ['pluses of a form', 'value', PROSE.replaceAll(' ', '+')]
  ] as const)('reads %s as prose', (_, origin, prose) => {
    const excerpts = excerptsOf(`${prose} ${ATTACK}`, origin)
    expect(excerpts).toHaveLength(2)
    expect(excerpts[1]?.endsWith(ATTACK)).toBe(true)
  })

  it.each([
    ['full-width forms', '＜script＞'],
    ['the same, escaped', '\\uff1cscript\\uff1e'],
    ['marks that follow one another', 'sleep()'],
    ['escaped brackets', '\\u003cscript\\u003e']
  ])('does not read %s as prose', (_, attack) => {
    expect(excerptsOf(`${PROSE}${attack} ${PROSE}`)[1]).toContain(attack)
  })

  it('leaves out what is long, as source code is', () => {
    const source = 'const first = second[third] ?? { fourth: "fifth" };\n'.repeat(40)
    expect(excerptsOf(source)).toEqual([])
    expect(excerptsOf(`${source}${PROSE}`)).toHaveLength(1)
  })

  it('visits a short text as it is', () => {
    expect(excerptsOf(ATTACK)).toEqual([ATTACK])
    expect(excerptsOf('')).toEqual([''])
  })

  it('visits ranges within the text, in their order, none above the limit', () => {
    const part = fc.constantFrom(PROSE, PROSE.slice(0, 150), ' ', '\\', '\\u', '%', '%2', '%41', '(', '""', '<b>', '＜', ATTACK)
    fc.assert(
      fc.property(fc.constantFrom<'string' | 'value'>('value', 'string'), fc.array(part, { maxLength: 30 }), (origin, parts) => {
        const bytes = Buffer.from(parts.join(''))
        let last = 0
        const visiting = visitExcerpts(ORIGIN[origin], bytes, 0, bytes.length, LIMIT, (start, end) => {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThanOrEqual(start)
          expect(end).toBeLessThanOrEqual(bytes.length)
          expect(end - start).toBeLessThanOrEqual(LIMIT)
          last = end
        })
        atOnce(visiting)
      })
    )
  })
})
