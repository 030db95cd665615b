import { SizeClassPool, UnpooledPool } from '@pool/core'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createThreatDetector, ThreatDetector } from '../../src/detector/index.js'
import { ScratchSource } from './scratch-source.js'

const NOTHING = Buffer.alloc(0)
const form = { method: 'POST', url: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
const json = { method: 'POST', url: '/', headers: { 'content-type': 'application/json' } }

describe('analyzeRequest', () => {
  it('finds nothing in an empty request', () => {
    const detector = createThreatDetector({ source: new ScratchSource() })
    expect(detector.analyzeRequest({ headers: {} }, NOTHING)).toEqual({ verdict: 'clean', findings: [], complete: true })
  })

  it('says kind, rule, part and offset, and nothing of the content', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const body = Buffer.from('name=Kim&comment=hello+%3Cscript%3Ealert(1)%3C/script%3E')
    const { verdict, findings } = detector.analyzeRequest(form, body)
    expect(verdict).toBe('threat')
    expect(findings).toContainEqual({ kind: 'xss', rule: 'xss-script-element', where: 'body', offset: body.indexOf('%3Cscript') })
    for (const finding of findings) expect(Object.keys(finding).sort()).toEqual(['kind', 'offset', 'rule', 'where'])
    expect(JSON.stringify(findings)).not.toContain('alert')
  })

  it.each([
    ['url', '/a?b=c&d=x%253Cscript%253E', '%253Cscript'],
    ['url', '/a/../../etc/passwd', '/../'],
    ['cookie', 'a=b; c=%3Cscript%3E', '%3Cscript']
  ])('maps an offset in the %s %s back through decoding', (part, line, place) => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const request = part === 'url' ? { url: line, headers: {} } : { url: '/', headers: { [part]: line } }
    expect(detector.analyzeRequest(request, NOTHING).findings[0]?.offset).toBe(line.indexOf(place))
  })

  it('maps an offset in JSON back through its escapes', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const body = Buffer.from('{"a":"\\u0041\\"","b":"\\u0041 $\\u007bjndi:ldap://a/b}"}')
    expect(detector.analyzeRequest(json, body).findings[0]?.offset).toBe(body.indexOf('$'))
  })

  it('reads every value of a repeated header, and ignores missing ones', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const headers = { 'x-a': ['fine', '<script>x</script>'], 'x-b': undefined }
    expect(detector.analyzeRequest({ url: '/', headers }, NOTHING).findings[0]?.where).toBe('header')
  })

  it('scans a body that is a view into a larger memory, and not what lies around it', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const memory = Buffer.from('a=<script>1</script>&a=fine&a=<script>2</script>')
    const start = memory.indexOf('a=fine')
    expect(detector.analyzeRequest(form, new Uint8Array(memory.buffer, memory.byteOffset + start, 6)).verdict).toBe('clean')
  })

  it('never writes to the body', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    const body = Buffer.from('a=%3Cscript%3E&b=%2527&c=x/**/y')
    const before = Buffer.from(body)
    detector.analyzeRequest(form, body)
    expect(body).toEqual(before)
  })

  it('finds what straddles the windows of a long text', () => {
    const detector = new ThreatDetector({ source: new ScratchSource() })
    for (let pad = 2030; pad < 2060; pad += 1) {
      const body = Buffer.from(`${' word'.repeat(1000).slice(0, pad)}$%7Bjndi:ldap://a/b}${' word'.repeat(2000)}`)
      expect(detector.analyzeRequest({ headers: { 'content-type': 'text/markdown' } }, body).verdict).toBe('threat')
    }
  })

  it('ends at maxFindings, and says that it did not see all', () => {
    const detector = new ThreatDetector({ source: new ScratchSource(), maxFindings: 2 })
    const body = Buffer.from(Array.from({ length: 50 }, () => "a=' or 1=1--").join('&'))
    const { findings, complete } = detector.analyzeRequest(form, body)
    expect(findings).toHaveLength(2)
    expect(complete).toBe(false)
  })
})

describe('scratch memory', () => {
  it('is one lease, by the size of what is analysed, and returned', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source })
    detector.analyzeRequest({ url: '/', headers: {} }, NOTHING)
    detector.analyzeRequest(form, Buffer.alloc(100_000, 'a'))
    expect(source.sizes).toHaveLength(2)
    expect(source.sizes[0]).toBeLessThan(1024)
    expect(source.sizes[1]).toBeGreaterThan(8192)
    expect(source.sizes[1]).toBeLessThan(32_768)
    expect(source.out).toBe(0)
  })

  it('may begin at any address', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source })
    for (source.misalignment = 0; source.misalignment < 8; source.misalignment += 1) {
      expect(detector.analyzeRequest({ url: '/?a=%3Cscript%3E', headers: {} }, NOTHING).verdict).toBe('threat')
    }
    expect(source.out).toBe(0)
  })

  it('that cannot be had gives the error of the source instead of a verdict', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source })
    source.failure = new Error('exhausted')
    expect(() => detector.analyzeRequest(form, Buffer.from('a=1'))).toThrow(source.failure)
    expect(source.out).toBe(0)
    expect(detector.getStats().requests).toBe(0)
    source.failure = undefined
    expect(detector.analyzeRequest(form, Buffer.from('a=1')).verdict).toBe('clean')
  })

  it('that is too small is refused and returned, and nothing beside it is touched', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source })
    source.shortBy = 10
    expect(() => detector.analyzeRequest(form, Buffer.from('a=1'))).toThrow(RangeError)
    expect(source.out).toBe(0)
  })

  it('is returned when analysing throws', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source })
    const headers = {
      get 'content-type'(): string {
        throw new Error('hostile getter')
      }
    }
    expect(() => detector.analyzeRequest({ url: '/', headers }, Buffer.from('a'))).toThrow('hostile getter')
    expect(source.out).toBe(0)
  })

  it.each([
    ['a size-class pool', () => new SizeClassPool({ name: 'scratch' })],
    ['the unpooled twin', () => new UnpooledPool({ name: 'scratch' })]
  ])('comes from %s as well', (_, make) => {
    const source = make()
    const detector = new ThreatDetector({ source })
    for (let turn = 0; turn < 20; turn += 1) {
      expect(detector.analyzeRequest(json, Buffer.from('{"user":"admin\'--"}')).verdict).toBe('threat')
      expect(detector.analyzeRequest(json, Buffer.from('{"user":"kim"}')).verdict).toBe('clean')
    }
    expect(source.stats().inUse).toBe(0)
    source.destroy()
  })
})

test('counts requests, verdicts, bytes and findings by kind', () => {
  const detector = new ThreatDetector({ source: new ScratchSource() })
  detector.analyzeRequest(form, Buffer.from('a=1'))
  detector.analyzeRequest(form, Buffer.from('a=<script>'))
  const stats = detector.getStats()
  expect(stats).toMatchObject({ requests: 2, threats: 1, bytesScanned: 13, incomplete: 0 })
  expect(stats.findingsByKind.xss).toBeGreaterThan(0)
})

describe('any input', () => {
  const tokens = fc.constantFrom(
    '%',
    '%25',
    '&',
    '&#x',
    ';',
    '=',
    '"',
    "'",
    '{',
    '}',
    '[',
    '<',
    '>',
    '/*',
    '*/',
    '--',
    '\\',
    '\\u00',
    '../',
    '$',
    '(',
    ')',
    '`',
    '|',
    'or 1=1',
    'select ',
    'script',
    'a',
    ' ',
    '\n',
    '\0',
    'é',
    '＜'
  )
  const contentType = fc.constantFrom(
    '',
    'application/json',
    'application/x-www-form-urlencoded',
    'application/xml',
    'text/plain',
    'multipart/form-data; boundary=%',
    'text/html'
  )
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.array(tokens, { maxLength: 400 }).map((parts) => Buffer.from(parts.join('')))
  )

  it('never throws, gives offsets within its part, and leaves no scratch out', () => {
    const source = new ScratchSource()
    const detector = new ThreatDetector({ source, maxFindings: 64 })
    fc.assert(
      fc.property(contentType, bytes, fc.array(tokens, { maxLength: 60 }), (type, body, line) => {
        const text = line.join('')
        const { findings } = detector.analyzeRequest(
          { url: text, headers: { 'content-type': type, 'user-agent': text, cookie: text } },
          body
        )
        const longest = Math.max(Buffer.byteLength(text), Buffer.byteLength(type))
        for (const { where, offset } of findings) {
          expect(offset).toBeGreaterThanOrEqual(0)
          expect(offset).toBeLessThan(where === 'body' ? body.length : longest)
        }
        expect(source.out).toBe(0)
      }),
      { numRuns: 400 }
    )
  })
})
