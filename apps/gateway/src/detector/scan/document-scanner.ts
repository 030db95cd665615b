import type { DecodedText } from '../decode/decoded-text.js'
import { fillDecodedText } from '../decode/decoded-text.js'
import { normalise } from '../decode/normalise.js'
import type { Origin, Turns } from '../fields/field.js'
import type { RequestPart } from '../finding.js'
import { LiteralMatcher } from '../matching/literal-matcher.js'
import { appliesTo } from '../matching/rule-set.js'
import { indexIn, type KindRule, wordsOf } from '../rule.js'
import type { Findings } from './findings.js'
import { placeBeforeSqueezing, squeezeBlanks } from './squeezed-text.js'

/** Bytes before and after a literal that a rule sees of a document. */
const BEFORE = 128
const AFTER = 384
/** A document is read in stretches of so many bytes, between which its scan can be suspended. */
const STRETCH_BYTES = 8192
/** The cost of decoding, as a multiple of the cost of looking at the decoded text. */
const DECODING = 8
/** The least cost of decoding, however few the bytes, in the same unit. */
const DECODED_ONCE = 64
/** Characters that writers of documents never encode; and names in the texts that rules look for, where their signs may be encoded. */
const ENCODINGS = [
  ...[...'0123456789abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => {
    const [small, large] = [letter.charCodeAt(0), letter.toUpperCase().charCodeAt(0)]
    return [...new Set([small, large])].flatMap((code) => {
      const digits = code.toString(16)
      return [`%${digits}`, `\\x${digits}`, `\\u00${digits}`, `&#${code}`, `&#x${digits}`]
    })
  }),
  ...wordsOf('%25 &amp;# %24%7b &#36; &#x24; \\u0024 jndi !entity ..%2f ..%5c %2e%2e \\u002e etc%2fpasswd etc%2fshadow win%2eini')
]

/** Where each rule last looked up to in a document; a rule that found something looks no more. */
type Examined = Map<KindRule, number>

/** Scans long texts in one pass: rules see windows around what an automaton finds there, as it stands and decoded. */
export class DocumentScanner {
  readonly #rules: readonly KindRule[]
  readonly #matcher: LiteralMatcher
  /** For each literal of the automaton, the rules that wait for it; none for an encoding. */
  readonly #waiting: readonly (readonly KindRule[])[]

  constructor(rules: readonly KindRule[]) {
    this.#rules = rules.filter((rule) => rule.reach === 'document')
    const byLiteral = new Map<string, KindRule[]>(ENCODINGS.map((encoding) => [encoding, []]))
    for (const rule of this.#rules) {
      for (const literal of wordsOf(rule.literals ?? '')) byLiteral.set(literal, [...(byLiteral.get(literal) ?? []), rule])
    }
    this.#matcher = new LiteralMatcher([...byLiteral.keys()])
    this.#waiting = [...byLiteral.values()]
  }

  /**
   * Scans `bytes[start, end)`, and yields after each stretch.
   * @param textOf - scratch memory to decode in, which may be another one after each yield
   */
  *scan(
    findings: Findings,
    where: RequestPart,
    origin: Origin,
    bytes: Buffer,
    start: number,
    end: number,
    textOf: () => DecodedText | undefined
  ): Turns {
    const examinedTo: Examined = new Map()
    let decodedTo = start
    const examine = (literal: number, literalEnd: number): void => {
      if (!findings.open) return
      const from = Math.max(start, literalEnd - BEFORE)
      const to = Math.min(end, literalEnd + AFTER)
      const waiting = this.#waiting[literal] as readonly KindRule[]
      for (const rule of waiting) {
        if ((examinedTo.get(rule) ?? start) >= literalEnd || !appliesTo(rule, origin, 'document')) continue
        if (!findings.examine(to - from)) return
        // Literals in the window's first part need no window of their own: they see as much after them as most rules want.
        examinedTo.set(rule, to === end ? end : literalEnd + AFTER / 2)
        look(findings, examinedTo, where, rule, bytes, from, to, undefined)
      }
      const text = textOf()
      if (waiting.length > 0 || text === undefined || decodedTo >= literalEnd || !findings.examine((to - from + DECODED_ONCE) * DECODING))
        return
      decodedTo = to === end ? end : to - BEFORE
      fillDecodedText(text, bytes, from, to)
      if (normalise(text)) this.#scanDecoded(findings, examinedTo, where, origin, text)
    }
    for (let at = start, row = 0; at < end && findings.open; at += STRETCH_BYTES) {
      row = this.#matcher.scan(bytes, at, Math.min(end, at + STRETCH_BYTES), examine, row)
      yield
    }
  }

  #scanDecoded(findings: Findings, examinedTo: Examined, where: RequestPart, origin: Origin, text: DecodedText): void {
    const held = new Set<KindRule>()
    this.#matcher.scan(text.bytes, 0, text.length, (literal) => {
      for (const rule of this.#waiting[literal] as readonly KindRule[]) held.add(rule)
    })
    for (const rule of held) {
      if (!appliesTo(rule, origin, 'document')) continue
      if (!findings.examine(text.length)) return
      look(findings, examinedTo, where, rule, text.bytes, 0, text.length, text.offsets)
    }
  }
}

function look(
  findings: Findings,
  examinedTo: Examined,
  where: RequestPart,
  rule: KindRule,
  bytes: Buffer,
  from: number,
  to: number,
  offsets: Int32Array | undefined
): void {
  if (examinedTo.get(rule) === Number.POSITIVE_INFINITY) return
  const text = bytes.toString('latin1', from, to)
  const found = indexIn(rule, squeezeBlanks(text))
  if (found < 0) return
  examinedTo.set(rule, Number.POSITIVE_INFINITY)
  const place = placeBeforeSqueezing(text, found)
  findings.add(rule, where, offsets === undefined ? from + place : (offsets[Math.min(place, to - 1)] as number))
}
