import { describe, expect, it } from 'vitest'
import { analyzeBody, analyzePath } from './analyze.js'

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

it('an attack in base64 is found in a part of a path', () => {
  const path = (text: string): string => `/view/${Buffer.from(text).toString('base64url')}/1?a=b`
  expect(analyzePath(path("1' OR '1'='1' --")).findings[0]).toMatchObject({ where: 'uri', offset: 6 })
  expect(analyzePath(path('articles of the day')).findings).toEqual([])
})

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

/** `text` as a server of another time writes it. */
function encoded(text: string, encoding: string): Buffer {
  if (encoding.startsWith('utf-16')) {
    const little = Buffer.from(text, 'utf16le')
    return encoding.endsWith('le') ? little : little.swap16()
  }
  const wide = Buffer.alloc(text.length * 4)
  for (let index = 0; index < text.length; index += 1)
    wide[encoding.endsWith('le') ? 'writeUInt32LE' : 'writeUInt32BE'](text.charCodeAt(index), index * 4)
  return wide
}

describe('an attack in another encoding', () => {
  const part = (head: string, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`--B\r\nContent-Disposition: form-data; name="q"${head}\r\n\r\n`), content, Buffer.from('\r\n--B--\r\n')])

  it.each(['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'].flatMap((encoding) => ['', '\uFEFF'].map((mark) => [encoding, mark] as const)))(
    'is found in %s, begun by "%s", at its place',
    (encoding, mark) => {
      for (const [type, body] of [
        ['application/x-www-form-urlencoded', FORM],
        ['application/json', MESSAGE],
        ['text/plain', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>']
      ] as const) {
        const bytes = encoded(mark + body, encoding)
        const plain = analyzeBody(type, body)
        expect(plain.verdict).toBe('threat')
        const { findings } = analyzeBody(type, bytes)
        const unit = bytes.length / (mark + body).length
        for (const { rule, offset } of plain.findings)
          expect(findings).toContainEqual(expect.objectContaining({ rule, offset: (offset + mark.length) * unit }))
      }
      expect(analyzeBody('multipart/form-data; boundary=B', part('', encoded(`${mark}1' OR '1'='1`, encoding))).verdict).toBe('threat')
      expect(analyzeBody('application/json', encoded(`${mark}{"a":"Zoë, 大きい"}`, encoding)).findings).toEqual([])
    }
  )

  it.each([
    ['quoted-printable', "1=27 OR=\r\n =271'=3D=271"],
    ['base64', Buffer.from("1' OR '1'='1").toString('base64')]
  ])('is found in a part in %s', (encoding, content) => {
    const body = (text: string): Buffer => part(`\r\nContent-Transfer-Encoding: ${encoding}`, Buffer.from(text))
    const { findings } = analyzeBody('multipart/form-data; boundary=B', body(content))
    expect(findings[0]).toMatchObject({ kind: 'sql-injection', offset: body('').indexOf('\r\n\r\n') + 4 })
    expect(analyzeBody('multipart/form-data; boundary=B', body('plain')).findings).toEqual([])
    expect(analyzeBody('multipart/form-data; boundary=B', body('x= <script>alert(1)</script>')).verdict).toBe('threat')
  })

  it('is found as it is behind what looks like another encoding', () => {
    expect(analyzeBody('application/x-www-form-urlencoded', Buffer.from("\xff\xfe&q=1' OR '1'='1", 'latin1')).verdict).toBe('threat')
    expect(analyzeBody('multipart/form-data; boundary=B', part('', Buffer.from("\xfe\xff1' OR '1'='1", 'latin1'))).verdict).toBe('threat')
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
