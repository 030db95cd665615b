import { describe, expect, it } from 'vitest'
import { ORIGIN } from '../../src/detector/fields/field.js'
import { type AnalyzableRequest, createThreatDetector } from '../../src/detector/index.js'
import { requiredTexts } from '../../src/detector/matching/required-texts.js'
import { rulesByPattern } from '../../src/detector/matching/rule-set.js'
import { indexIn, type KindRule } from '../../src/detector/rule.js'
import { RULES } from '../../src/detector/rules/index.js'
import { FieldScanner } from '../../src/detector/scan/field-scanner.js'
import { Findings } from '../../src/detector/scan/findings.js'
import { HOSTILE_SHAPES } from './hostile-shapes.js'
import { ScratchSource } from './scratch-source.js'

const MEBIBYTE = 1 << 20
/** Whether this is `pnpm test:deep`, which tries bodies tailored to every rule instead of every fourth, and longer ones of a letter. */
const isDeep = process.env.POOL_DEEP === '1'
const LETTERS = ['%', '&', '(', '/*', 'a', '<', "'", '\\', '${', '{{', '../', '&#', ';', '\n', '%25', 'or ', '"']
/** A quiet machine needs some 30 ms of CPU for the worst; this is for machines that are slow, busy, or measure coverage. */
const LONGEST_STOP_MS = 300

describe('a hostile body of a mebibyte', () => {
  const detector = createThreatDetector({ source: new ScratchSource() })

  /** Milliseconds of CPU that a request takes; the fewer of two runs where the first, which may meet the compiler, takes too many. */
  function stopOf(request: AnalyzableRequest, body: Buffer, isSecond = false): number {
    const before = process.cpuUsage()
    detector.analyzeRequest(request, body)
    const { user, system } = process.cpuUsage(before)
    const taken = (user + system) / 1000
    return taken < LONGEST_STOP_MS || isSecond ? taken : stopOf(request, body, true)
  }

  it('comes in sixty-four shapes', () => {
    expect(HOSTILE_SHAPES).toHaveLength(64)
  })

  it.each(HOSTILE_SHAPES)('of $unit, declared as "$type", does not hold up the process', ({ type, body }) => {
    const request = { method: 'POST', url: '/', headers: { 'content-type': type } }
    expect(stopOf(request, body)).toBeLessThan(LONGEST_STOP_MS)
  })

  const tailored = isDeep ? RULES : RULES.filter((_, index) => index % 4 === 0)
  it.each(tailored)('tailored to $id does not hold up the process', { timeout: 60_000 }, ({ finds }) => {
    // Each value nearly is what the rule finds, many times over, and differs from the others.
    const unit = finds.slice(0, -1)
    const pairs: string[] = []
    for (let length = 0; length < MEBIBYTE; length += pairs.at(-1)?.length ?? 0) {
      const value = unit.repeat(Math.ceil(160 / unit.length)).slice(0, 160)
      pairs.push(`a=${encodeURIComponent(value)}${pairs.length}&`)
    }
    const body = Buffer.from(pairs.join(''))
    const request = { method: 'POST', url: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    expect(stopOf(request, body)).toBeLessThan(LONGEST_STOP_MS)
  })

  it('is not called complete where the bound on work was met between two fields', () => {
    const body = Buffer.alloc(MEBIBYTE, "a=b'c&")
    const request = { method: 'POST', url: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    expect(detector.analyzeRequest(request, body)).toMatchObject({ verdict: 'clean', complete: false })
  })

  it.each(LETTERS)('of %j alone is analysed to an end under every type', (letter) => {
    const body = Buffer.alloc(isDeep ? MEBIBYTE : MEBIBYTE / 4, letter)
    for (const type of ['', 'application/json', 'application/x-www-form-urlencoded', 'application/xml', 'text/plain']) {
      const { findings } = detector.analyzeRequest({ method: 'POST', url: '/', headers: { 'content-type': type } }, body)
      expect(findings.length).toBeLessThanOrEqual(16)
    }
  })
})

describe('work', () => {
  /** A scanner whose rules find nothing, and how often each of its scans ran a rule, and on how much at the most. */
  function countingScanner() {
    let looks = 0
    let longest = 0
    const test = (text: string): number => {
      looks += 1
      longest = Math.max(longest, text.length)
      return -1
    }
    const patterns = [...rulesByPattern(RULES)]
    const signs = new Map(patterns.flatMap(([pattern, rules]) => rules.map((rule) => [rule, pattern] as const)))
    const scanner = new FieldScanner(RULES.map((rule, index): KindRule => ({ ...rule, test, sign: signs.get(index) as RegExp })))
    return (bytes: Buffer, origin: 'text' | 'value' | 'string') => {
      looks = 0
      longest = 0
      scanner.begin(new Findings(16, Number.MAX_SAFE_INTEGER), undefined)
      scanner.scan(ORIGIN[origin], bytes, 0, bytes.length)
      scanner.end()
      return { looks, longest }
    }
  }

  it.each(['jndi:', '../../etc/passwd', '<!entity '])('on a document full of %j grows with its length, in windows', (literal) => {
    const half = countingScanner()(Buffer.alloc(MEBIBYTE / 2, literal), 'text')
    const whole = countingScanner()(Buffer.alloc(MEBIBYTE, literal), 'text')
    expect(whole.looks).toBeLessThanOrEqual(half.looks * 2 + 2)
    expect(whole.looks).toBeLessThanOrEqual((MEBIBYTE / 128) * 8)
    expect(whole.longest).toBeLessThanOrEqual(512)
  })

  it('on a document without any literal is none', () => {
    expect(countingScanner()(Buffer.alloc(MEBIBYTE, 'plain words, and more of them. '), 'text').looks).toBe(0)
  })

  it('on one field is at most one look of each rule', () => {
    const looksAt = countingScanner()
    for (const letter of LETTERS) expect(looksAt(Buffer.alloc(500, letter), 'value').looks).toBeLessThanOrEqual(RULES.length)
  })

  it('makes no text longer than a field', () => {
    const looksAt = countingScanner()
    for (const letter of LETTERS) expect(looksAt(Buffer.alloc(100_000, letter), 'string').longest).toBeLessThanOrEqual(2048)
  })

  it('is bounded for the whole request, which is then said to be examined in part', () => {
    const detector = createThreatDetector({ source: new ScratchSource(), maxFindings: 1024 })
    const field = `a=${[...rulesByPattern(RULES).keys()]
      .flatMap(requiredTexts)
      .filter((text) => !text.includes('&'))
      .join(' ')
      .slice(0, 480)}&`
    const body = Buffer.alloc(MEBIBYTE, field)
    const { complete } = detector.analyzeRequest({ headers: { 'content-type': 'application/x-www-form-urlencoded' } }, body)
    expect(complete).toBe(false)
  })
})

describe('time', () => {
  const UNITS = [' ', '\n', 'a', '1', '_', 'a,', '{', '(', '$', '<a ', "'", ';', '|a', '../', 'or ', 'select,']
  const PREFIXES = ['', "'", "' or", '{', '/etc/passwd', 'invoke-expression', 'nc -e', '{{"', 'action=', 'ondrag=']
  const FEW_RUNS = 3
  /** Something else on the machine may hold up a few runs in a row, but not each of so many. */
  const MANY_RUNS = 30
  /** Shorter times say nothing of growth. */
  const TELLING_MS = 1

  /** The least of so many runs; no more of them once one took `enough` or less. */
  function millisecondsOf(rule: KindRule, text: string, runs: number, enough = 0): number {
    let least = Number.POSITIVE_INFINITY
    for (let run = 0; run < runs && least > enough; run += 1) {
      const started = performance.now()
      indexIn(rule, text)
      least = Math.min(least, performance.now() - started)
    }
    return least
  }

  it.each(RULES)('of $id does not explode on the longest text that it can get', (rule) => {
    const longest = rule.reach === 'field' || rule.reach === 'document' ? 2048 : 512
    for (const prefix of PREFIXES) {
      for (const unit of UNITS) {
        const text = prefix + unit.repeat(longest).slice(0, longest - prefix.length)
        if (millisecondsOf(rule, text, FEW_RUNS, TELLING_MS) <= TELLING_MS) continue
        const whole = millisecondsOf(rule, text, MANY_RUNS, TELLING_MS)
        if (whole <= TELLING_MS) continue
        // Of a text eight times as long 8 would be linear, 64 quadratic.
        expect(whole / millisecondsOf(rule, text.slice(0, longest / 8), MANY_RUNS), JSON.stringify([prefix, unit])).toBeLessThan(32)
      }
    }
  })

  it('of calls behind a list of calls grows with their number', () => {
    const rule = RULES.find(({ id }) => id === 'php-function-call') as KindRule
    const textOf = (length: number): string => `${'f() and '.repeat(length / 16)}; ${'\nsleep()'.repeat(length / 16)}`
    expect(millisecondsOf(rule, textOf(4096), MANY_RUNS) / millisecondsOf(rule, textOf(512), MANY_RUNS)).toBeLessThan(32)
  })
})
