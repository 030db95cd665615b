import { describe, expect, it } from 'vitest'
import { analyzeBody } from './analyze.js'

const FORM = 'application/x-www-form-urlencoded'
const LETTERS = 'a'.repeat(5000)
const PHRASES = 'filler text, and more of it; '.repeat(200)
const LINES = 'The committee met.\nIt was agreed to meet again.\n'.repeat(120)
/** Prose in which nothing repeats. */
const PROSE = Array.from(
  { length: 500 },
  (_, index) => `${['we', 'went', 'north', 'with', 'boats'][index % 5]} ${(index * 37) % 101}`
).join(' ')

const ATTACKS = [
  '<script>alert(document.cookie)</script>',
  "1' OR '1'='1",
  "'; DROP TABLE users--",
  '; cat /etc/passwd',
  '../../../../etc/passwd',
  '1 UNION SELECT name,password FROM users'
]

describe.each(ATTACKS)('%s', (attack) => {
  it.each([
    ['behind it', (value: string) => `q=${value}&pad=${LETTERS}`],
    ['before it', (value: string) => `pad=${LETTERS}&q=${value}`],
    ['of lines', (value: string) => `pad=${LINES}&q=${value}`],
    ['in its own value', (value: string) => `q=${PHRASES}${value}`],
    ['behind it in its own value', (value: string) => `q=${value} ${LETTERS}`],
    ['of blanks', (value: string) => `q=${' '.repeat(5000)}${value}`],
    ['of line ends', (value: string) => `q=${'\n'.repeat(5000)}${value}`],
    ['of a comment', (value: string) => `q=/*${PHRASES}*/${value}`],
    ['of blanks before the form', (value: string) => `${' '.repeat(5000)}q=${value}`],
    ['of many fields', (value: string) => `${'a=b&'.repeat(20_000)}q=${value}`],
    ['of many fields that begin like attacks', (value: string) => `${'a=(&'.repeat(20_000)}q=${value}`]
  ])('is found in a form with padding %s, declared or not', (_, pad) => {
    expect(analyzeBody(FORM, pad(attack)).verdict).toBe('threat')
    expect(analyzeBody('', pad(attack)).verdict).toBe('threat')
    expect(analyzeBody('text/plain', pad(attack)).verdict).toBe('threat')
  })

  it.each([2, 5, 9, 17, 33, 65, 129])('is found with each blank made %i', (count) => {
    for (const blank of [' ', '\t', '\n ', '\u00a0', '\u2003']) {
      const value = attack.replaceAll(' ', blank.repeat(count))
      expect(analyzeBody(FORM, `q=${encodeURIComponent(value)}`).verdict).toBe('threat')
      expect(analyzeBody('application/json', JSON.stringify({ q: value })).verdict).toBe('threat')
    }
  })

  it('is found beside and behind long strings of JSON', () => {
    expect(analyzeBody('application/json', JSON.stringify({ pad: PROSE, q: attack })).verdict).toBe('threat')
    expect(analyzeBody('application/json', JSON.stringify({ q: LETTERS + attack })).verdict).toBe('threat')
    expect(analyzeBody('application/json', ' '.repeat(3000) + JSON.stringify({ q: attack })).verdict).toBe('threat')
  })

  it.each([PROSE, PROSE.replaceAll(' 3', '\n"3" '), PROSE.replaceAll('e', '\u00e9')])(
    'is found in a JSON string of some KiB of prose, at its begin and end (%#)',
    (prose) => {
      for (const value of [`${attack} ${prose}`, `${prose} ${attack}`]) {
        expect(analyzeBody('application/json', JSON.stringify({ q: value })).verdict).toBe('threat')
      }
    }
  )

  it('is found behind a file, a long head and in a long value of a multipart body', () => {
    const type = 'multipart/form-data; boundary=B'
    const file = `--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\n${LINES}\r\n`
    const field = (head: string, value: string) => `--B\r\n${head}Content-Disposition: form-data; name="q"\r\n\r\n${value}\r\n--B--\r\n`
    expect(analyzeBody(type, file + field('', attack)).verdict).toBe('threat')
    expect(analyzeBody(type, field(`X-Pad: ${LETTERS}\r\n`, attack)).verdict).toBe('threat')
    expect(analyzeBody(type, field('', PHRASES + attack)).verdict).toBe('threat')
  })

  it('is found in a value of some KiB of prose, at its begin, end and middle', () => {
    for (const value of [attack + PROSE, `${PROSE} ${attack}`, `${PROSE} ${attack} ${PROSE}`]) {
      expect(analyzeBody(FORM, `q=${value}`).verdict).toBe('threat')
      expect(analyzeBody(FORM, `q=${encodeURIComponent(value)}`).verdict).toBe('threat')
    }
  })
})

// Words alone are told from prose only where the string begins or ends.
describe.each(ATTACKS.filter((attack) => !/^[\w ,]+$/.test(attack)))('%s between some KiB of prose', (attack) => {
  it('is found in a JSON string, at its place', () => {
    const body = JSON.stringify({ q: `${PROSE} ${attack} ${PROSE}` })
    const { findings } = analyzeBody('application/json', body)
    expect(findings.length).toBeGreaterThan(0)
    const start = body.indexOf(attack)
    for (const { offset } of findings) {
      expect(offset).toBeGreaterThanOrEqual(start - 1)
      expect(offset).toBeLessThan(start + attack.length)
    }
  })
})

describe('a command on a line of its own', () => {
  it.each([0, 3, 4, 5, 40, 300])('is found behind %i blanks before the line end', (count) => {
    for (const attack of [
      `foo${' '.repeat(count)}\nwhoami`,
      `foo${' '.repeat(count)}\r\nRCPT TO: <a@b>`,
      `foo\t${' '.repeat(count)}\r\nuname -a`
    ]) {
      expect(analyzeBody(FORM, `q=${encodeURIComponent(attack)}`).verdict).toBe('threat')
      const part = `--B\r\nContent-Disposition: form-data; name="q"\r\n\r\n${LETTERS} ${attack}\r\n--B--\r\n`
      expect(analyzeBody('multipart/form-data; boundary=B', part).verdict).toBe('threat')
    }
  })
})

describe('padding without an attack', () => {
  it.each([LETTERS, PHRASES, LINES, PROSE, ' '.repeat(5000)])('is clean (%#)', (padding) => {
    expect(analyzeBody(FORM, `q=hello&pad=${padding}`).findings).toEqual([])
    expect(analyzeBody('', `q=hello&pad=${padding}`).findings).toEqual([])
    expect(analyzeBody(FORM, `q=${encodeURIComponent(padding)}&page=2`).findings).toEqual([])
    expect(analyzeBody('application/json', JSON.stringify({ q: padding })).findings).toEqual([])
  })
})
