import { describe, expect, it } from 'vitest'
import { analyzeBody } from './analyze.js'

const FORM = "page=2&q=1' OR '1'='1"
const MESSAGE = JSON.stringify({ page: 2, q: "1' OR '1'='1" })
const part = (head: string): string => `--B\r\nContent-Disposition: form-data; ${head}\r\n\r\n1' OR '1'='1\r\n--B--\r\n`

describe('an attack under a type that its body is not', () => {
  it.each([
    'anything',
    'foo/bar',
    'application/graphql',
    'application/pdf',
    'image/png',
    'text/html',
    'multipart/form-data',
    'multipart/form-data; boundary=B'
  ])('is found in a form and in JSON sent as %s', (type) => {
    expect(analyzeBody(type, FORM).verdict).toBe('threat')
    expect(analyzeBody(type, MESSAGE).verdict).toBe('threat')
  })

  it.each([
    `${FORM}&b=--B`,
    `--B=1&${FORM}`,
    MESSAGE.replace('{', '{"b":"--B",'),
    MESSAGE.replace('}', ',"b":"--B\\r\\n"}'),
    `${FORM}\r\n--B--`
  ])('is found in %j, which holds the boundary of the multipart body that it is not', (body) => {
    expect(analyzeBody('multipart/form-data; boundary=B', body).verdict).toBe('threat')
  })

  it.each(['anything', 'foo/bar', 'application/graphql', 'application/json'])('is found bare, sent as %s', (type) => {
    expect(analyzeBody(type, "1' OR '1'='1").verdict).toBe('threat')
  })
})

it.each(['multipart/form-data', 'multipart/form-data; boundary=A', 'multipart/form-data; boundary=A; boundary=B'])(
  'an attack in a multipart body is found by the boundary of its first line where the type is %s',
  (type) => expect(analyzeBody(type, part('name="q"')).verdict).toBe('threat')
)

it.each(['\n', '\r\n'])('an attack in base64 that is wrapped by %j is found', (lineEnd) => {
  const wrapped = Buffer.from("1' OR '1'='1' -- and <script>alert(1)</script>").toString('base64').replace(/.{20}/g, `$&${lineEnd}`)
  expect(analyzeBody('application/x-www-form-urlencoded', `a=${encodeURIComponent(wrapped)}`).verdict).toBe('threat')
  expect(analyzeBody('application/json', JSON.stringify({ a: wrapped })).verdict).toBe('threat')
})

it('a binary message of a type of its own is no bare value', () => {
  const message = Buffer.from('\x82\xa4name\x00\xa3Kim\x00', 'latin1')
  expect(analyzeBody('application/x-msgpack', message).findings).toEqual([])
})

describe('an attack in what some parsers take for JSON', () => {
  it.each([
    ['a byte order mark', `\uFEFF${MESSAGE}`],
    ['a comment before it', `/* don't */ ${MESSAGE}`],
    ['a line of comment before it', `// don't\n${MESSAGE}`],
    ['a guard before it', `)]}',\n${MESSAGE}`],
    ['a word that is none', `{"a":undefined,${MESSAGE.slice(1)}`],
    ['strings in apostrophes', "{page:2,q:'1 UNION SELECT name,password FROM users'}"],
    ['no end', MESSAGE.slice(0, -1)]
  ])('is found with %s', (_, body) => {
    const { findings } = analyzeBody('application/json', body)
    expect(findings.length).toBeGreaterThan(0)
    const start = Buffer.from(body).indexOf('1')
    for (const { offset } of findings) expect(offset).toBeGreaterThanOrEqual(start)
  })

  it('is none where there is none', () => {
    for (const body of ["// it's a comment\n{'a': 'b', c: NaN}", '\uFEFF{"a":"b"}', ")]}',\n[1]", "'", '"', "'\\", '"\\']) {
      expect(analyzeBody('application/json', body).findings).toEqual([])
    }
  })
})

describe('an attack in a multipart body', () => {
  it.each([
    ['a field', 'multipart/form-data; boundary=B', part('name="q"')],
    ['blanks around the boundary', 'multipart/form-data; boundary = B', part('name="q"')],
    ['an empty file name', 'multipart/form-data; boundary=B', part('name="q"; filename=""')],
    ['a file name on a line of its own', 'multipart/form-data; boundary=B', part('name="q";\r\n filename="../../../etc/passwd"')]
  ])('is found in %s', (_, type, body) => {
    expect(analyzeBody(type, body).verdict).toBe('threat')
  })
})
