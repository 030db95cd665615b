import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../src/detector/index.js'
import { analyzeBody, analyzeHeader, analyzeParameter } from './analyze.js'

/** Collected by `fixtures/collect-ordinary-values.mjs`, by kind. */
const VALUES: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../../fixtures/ordinary-values.json', import.meta.url), 'utf8')
)
/** Values that look like attacks, by kind. All were written before it was known which of them are flagged. */
const HARD_VALUES: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../../fixtures/hard-values.json', import.meta.url), 'utf8')
)
/** Where a value may stand in a request. */
const PLACES: Readonly<Record<string, (value: string) => Analysis>> = {
  form: (value) => analyzeBody('application/x-www-form-urlencoded', new URLSearchParams({ page: '2', title: value }).toString()),
  JSON: (value) => analyzeBody('application/json', JSON.stringify({ page: 2, title: value })),
  multipart: (value) =>
    analyzeBody('multipart/form-data; boundary=x', `--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n${value}\r\n--x--\r\n`),
  parameter: analyzeParameter,
  header: (value) => analyzeHeader('x-title', Buffer.from(value).toString('latin1')),
  referer: (value) => analyzeHeader('referer', `https://example.com/?q=${encodeURIComponent(value)}`)
}

describe('ordinary short values', () => {
  const values = Object.values(VALUES).flat()

  it('are many, of many kinds, and each but once', () => {
    expect(Object.keys(VALUES).length).toBeGreaterThan(10)
    expect(new Set(values).size).toBeGreaterThan(2000)
  })

  it.each(Object.keys(PLACES))('are flagged by fewer than 0.2 % in a %s', (place) => {
    const flagged = values.filter((value) => PLACES[place]?.(value).verdict === 'threat')
    expect(flagged.length / values.length, flagged.join('\n')).toBeLessThan(0.002)
  })

  it('of the hard sort are flagged by fewer than 8 % in forms and URLs, 5 % in a header, and 3 % in JSON', () => {
    const hard = Object.values(HARD_VALUES).flat()
    expect(new Set(hard).size).toBeGreaterThan(300)
    const most: Readonly<Record<string, number>> = { JSON: 0.03, header: 0.05 }
    for (const [place, analyze] of Object.entries(PLACES)) {
      const flagged = hard.filter((value) => analyze(value).verdict === 'threat')
      expect(flagged.length / hard.length, `${place}: ${flagged.join('\n')}`).toBeLessThan(most[place] ?? 0.08)
    }
  })

  it.each([
    'https://example.com/item?id=4#8',
    '../images/logo.png',
    'Tom -- please call',
    'curl up with a good book',
    'JavaScript: The Good Parts',
    '<p>See <a href="https://example.com/x">this</a></p>',
    'between 1 and 5',
    'the "best" one',
    'Phone (Renewed) (Gold)',
    'Smith (2019) (eds)',
    'f(x)(y) = g(x, y)',
    'update package.json',
    'please select one from the list',
    'src/**/*.js',
    'It is like `mkdir -p`, but faster',
    'node >= 20'
  ])('such as %s are flagged nowhere', (value) => {
    for (const [place, analyze] of Object.entries(PLACES)) expect(analyze(value).findings, place).toEqual([])
  })
})
