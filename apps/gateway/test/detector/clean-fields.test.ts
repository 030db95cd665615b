import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import ordinary from '../../fixtures/ordinary-values.json' with { type: 'json' }
import { readSamples } from '../../src/demo/samples.js'
import { layDecodedText } from '../../src/detector/decode/decoded-text.js'
import { visitBody } from '../../src/detector/fields/body-fields.js'
import { atOnce, ORIGIN } from '../../src/detector/fields/field.js'
import { LAYOUT } from '../../src/detector/fields/layout.js'
import type { Finding } from '../../src/detector/finding.js'
import { contextOf, RuleSet } from '../../src/detector/matching/rule-set.js'
import { indexIn } from '../../src/detector/rule.js'
import { RULES } from '../../src/detector/rules/index.js'
import { FieldScanner } from '../../src/detector/scan/field-scanner.js'
import { Findings } from '../../src/detector/scan/findings.js'

/** Texts put together anew: all of them in `pnpm test:deep`. */
const SPLICED = process.env.POOL_DEEP === '1' ? 6000 : 600
const FORM = 'application/x-www-form-urlencoded'
const FIXTURES = new URL('../../fixtures/requests.jsonl', import.meta.url)
const CORPUS = new URL('../../../../../shared/corpus/requests.jsonl', import.meta.url)
const TEXT = layDecodedText(new Uint8Array(16_384), 0, 3000)

/** Rules that run on every text, but for functions that are asked only where one of their literals stands. */
const UNSIGNED = RULES.map((rule) =>
  typeof rule.test === 'function' && rule.sign === undefined ? rule : { ...rule, test: (text: string) => indexIn(rule, text), sign: /|./s }
)
const skipping = new FieldScanner(RULES, false)
const thorough = new FieldScanner(UNSIGNED, false)

function findingsOf(scanner: FieldScanner, type: string, body: Buffer): readonly Finding[] {
  const findings = new Findings(1024, 1 << 24)
  scanner.begin(findings, TEXT)
  scanner.enter('body')
  atOnce(visitBody(type, body, 0, body.length, scanner))
  scanner.end()
  return findings.found
}

/** A scanner whose requests held so much new text that it may learn no more: any text that is new to it is lost. */
function spentScanner(): FieldScanner {
  const scanner = new FieldScanner(RULES)
  let state = 3
  for (let time = 0; time < 200; time += 1) {
    const text = Buffer.alloc(2000)
    for (let at = 0; at < text.length; at += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      text[at] = 35 + ((state >>> 8) % 57)
    }
    findingsOf(scanner, 'application/json', Buffer.from(`["${text.toString('latin1')}"]`))
  }
  return scanner
}

/** The first of `texts` in whose body the two do not find the same. */
function firstMissed(texts: Iterable<string>, scanner = skipping): string | undefined {
  for (const text of texts) {
    const once = text.replace(/[\x80-\uffff]/g, ' ')
    const bodies: (readonly [string, string])[] = [
      ['application/json', JSON.stringify({ name: 'Kim', note: text, n: 1 })],
      [
        'application/json',
        `{"name": "Kim", "note": "${text.replace(/["\\\n\r]/g, ' ')}", "b": ["${once.slice(0, 9).replace(/["\\\n\r]/g, '/')}"]}`
      ],
      [FORM, `id=1&note=${encodeURIComponent(text).replace(/%20/g, '+')}&name=Kim`],
      [FORM, `id=1&note=${text.replace(/[&\n\r]/g, ' ').replace(/ /g, '+')}&name=Kim`],
      [FORM, `id=1&${text.replace(/[\n\r]/g, ' ')}=a`]
    ]
    for (const [type, body] of bodies) {
      const bytes = Buffer.from(body, 'latin1')
      if (JSON.stringify(findingsOf(scanner, type, bytes)) !== JSON.stringify(findingsOf(thorough, type, bytes))) return `${type}: ${body}`
    }
  }
  return undefined
}

/** Pieces of the rules' examples, put together anew; the same each time. */
function* spliced(count: number): Generator<string> {
  const pieces = RULES.flatMap(({ finds, leaves }) => [finds, leaves.slice(0, 60)])
    .flatMap((text) => text.split(/(?<=[\W_])|(?=[\W_])/))
    .concat(Object.values(ordinary).flatMap((values) => values.slice(0, 40)))
  let state = 7
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % limit
  }
  for (let made = 0; made < count; made += 1) {
    let text = ''
    for (let length = 1 + below(9); length > 0; length -= 1) text += pieces[below(pieces.length)]
    yield text.slice(0, 300)
  }
}

describe('clean fields', () => {
  it("are none of those in which a rule's own examples stand", { timeout: 60_000 }, () => {
    expect(firstMissed(RULES.flatMap(({ finds, leaves }) => [finds, leaves, `Kim ${finds}`, `${finds} Kim`]))).toBeUndefined()
  })

  it('are none in which examples put together anew are found', { timeout: 120_000 }, () => {
    expect(firstMissed(spliced(SPLICED))).toBeUndefined()
  })

  it('are none that hold base64, whatever blanks stand around it', () => {
    const encoded = ["1' OR '1'='1", '; cat /etc/passwd', '<script>alert(1)</script>'].map((attack) =>
      Buffer.from(attack).toString('base64')
    )
    const texts = ['', '\n', '\r\n', ' ', '\t', '\f', ' \n\n '].flatMap((blank) =>
      encoded.flatMap((text) => [text + blank, blank + text, blank + text + blank])
    )
    for (const text of texts) {
      const body = Buffer.from(`a=1&b=${encodeURIComponent(text).replace(/%20/g, '+')}`)
      expect(findingsOf(skipping, FORM, body), JSON.stringify(text)).not.toEqual([])
      const message = Buffer.from(JSON.stringify({ a: text }))
      expect(findingsOf(skipping, 'application/json', message), JSON.stringify(text)).not.toEqual([])
    }
    expect(firstMissed(texts)).toBeUndefined()
  })

  it.each(['curl.exe+evil', 'a%3B+redis-server', '%7B%2C+whoami%7D'])('are none that hold %s, however often it came', (value) => {
    const scanner = new FieldScanner(RULES)
    const body = Buffer.from(`a=1&b=${value}&c=2`)
    const first = findingsOf(scanner, FORM, body)
    expect(first).not.toEqual([])
    for (let time = 0; time < 10; time += 1) expect(findingsOf(scanner, FORM, body)).toEqual(first)
  })

  it('are none in which anything of labelled requests is found', { timeout: 120_000 }, () => {
    for (const file of [FIXTURES, CORPUS].filter((url) => existsSync(url))) {
      for (const { id, headers, body } of readSamples(file)) {
        const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
        const bytes = Buffer.from(body, 'latin1')
        expect(findingsOf(skipping, type, bytes), id).toEqual(findingsOf(thorough, type, bytes))
      }
    }
  })

  it('are the same ones in a process that may learn no more', { timeout: 120_000 }, () => {
    const spent = spentScanner()
    const unknown = Buffer.from('Kim buys two green chairs"')
    expect(spent.pass(ORIGIN.string, unknown, 0, unknown.length, LAYOUT.quotedJson)).toBe(-1)
    expect(skipping.pass(ORIGIN.string, unknown, 0, unknown.length, LAYOUT.quotedJson)).toBe(unknown.length - 1)
    expect(
      firstMissed([...RULES.flatMap(({ finds, leaves }) => [finds, leaves, `Kim ${finds}`]), ...spliced(SPLICED)], spent)
    ).toBeUndefined()
    for (const file of [FIXTURES, CORPUS].filter((url) => existsSync(url))) {
      for (const { id, headers, body } of readSamples(file)) {
        const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
        const bytes = Buffer.from(body, 'latin1')
        expect(findingsOf(spent, type, bytes), id).toEqual(findingsOf(thorough, type, bytes))
      }
    }
  })

  it('are most of ordinary values', { timeout: 60_000 }, () => {
    const values = Object.values(ordinary).flat()
    const set = new RuleSet(RULES, false)
    const context = contextOf(ORIGIN.string, 'parameter')
    const suspected = values.filter((value) => {
      const bytes = Buffer.from(value)
      set.read(bytes, 0, bytes.length, LAYOUT.plain, context)
      return set.mayFind(context)
    })
    expect(suspected.length / values.length).toBeLessThan(0.3)
  })
  it("may be those with the apostrophes of prose, and none that hold a word's signs taken apart", () => {
    const set = new RuleSet(RULES, false)
    const isDisguised = (text: string): boolean => {
      const bytes = Buffer.from(text)
      set.read(bytes, 0, bytes.length, LAYOUT.plain, contextOf(ORIGIN.string, 'parameter'))
      return set.isDisguised
    }
    expect(["it's so, don't call", "John's", "SHE'S", "isn't."].filter(isDisguised)).toEqual([])
    const disguised = ["c'a't", "wh''oami", "l's'", "c's'h", "un'ion", 'ca"t"s', "'t'ar"]
    expect(disguised.filter(isDisguised)).toEqual(disguised)
  })
})
