import { decodeBase64, mayHoldBase64 } from '../decode/base64.js'
import { Condenser } from '../decode/condense.js'
import type { DecodedText, Decoder } from '../decode/decoded-text.js'
import { fillDecodedText } from '../decode/decoded-text.js'
import { deobfuscate } from '../decode/deobfuscate.js'
import { decodeEntities } from '../decode/html-entities.js'
import { decodeJson } from '../decode/js-escapes.js'
import { normalise } from '../decode/normalise.js'
import { decodeForm } from '../decode/url.js'
import { visitExcerpts } from '../fields/excerpts.js'
import type { FieldReader, Origin, Reach, Turns } from '../fields/field.js'
import { atOnce, FIELD_BYTES, ORIGIN, reachOf, SHORT_STRING_BYTES } from '../fields/field.js'
import { LAYOUT, type Layout } from '../fields/layout.js'
import type { RequestPart } from '../finding.js'
import { RuleRunner } from '../matching/rule-runner.js'
import { contextOf, shortContextOf } from '../matching/rule-set.js'
import type { KindRule } from '../rule.js'
import { DocumentScanner } from './document-scanner.js'
import type { Findings } from './findings.js'
import { SeenTexts } from './seen-texts.js'

/** Bytes that two windows of a long field share, so that nothing hides on a border. */
const WINDOW_OVERLAP = 256
/** The cost of a field that may hold something, before any rule looks at it, in bytes that one looks at; and the cost of its decoders. */
const FIELD = 40
const PART = 80
const DECODING = 160
const DECODING_PER_BYTE = 4
/** Texts that are base64 inside base64 are decoded so often. */
const MOST_BASE64 = 3
/** The clock costs as much as a clean field: it is asked once in so many at the most, and more often while they take long. */
const MOST_UNCLOCKED = 64
const LONG_MS = 0.5
/** The end of a turn in which all is scanned. */
export const AT_ONCE = Number.POSITIVE_INFINITY
const PLUS = 43
const PERCENT = 37

/**
 * Scans one field after another, each as it stands and then decoded:
 *
 * ```
 *   raw bytes ─► transport decoding ─► nested encodings ─► obfuscation
 *                (form, JSON, XML)     (≤ 4 rounds)        (parameters only)
 *                      │ rules              │ rules             │ rules
 * ```
 *
 * The pass that finds the end of a field also tells which rules may find anything in it, as sent or decoded once, and whether it holds a
 * nested encoding. Where neither is so, the field is done: nothing is copied.
 */
export class FieldScanner implements FieldReader {
  readonly #runner: RuleRunner
  readonly #documents: DocumentScanner
  readonly #seen = new SeenTexts()
  readonly #condenser = new Condenser()
  #text: DecodedText | undefined
  #findings: Findings | undefined
  #where: RequestPart = 'body'
  /** When this turn is over, by the clock. */
  #turnEnds = AT_ONCE
  #asked = 0
  /** Fields until the clock is asked next, and from then on until once more. */
  #unclocked = 0
  #stride = 1
  /** A text that is scanned before the next field, and may take more than this turn. */
  #long: Turns | undefined

  /** @param isBounded - see `RuleSet` */
  constructor(rules: readonly KindRule[], isBounded = true) {
    this.#runner = new RuleRunner(rules, isBounded)
    this.#documents = new DocumentScanner(rules)
  }

  /**
   * Begins a request, or a further turn of one.
   * @param findings - takes what is found, and tells requests apart
   * @param text - scratch memory to decode in, or nothing, so that fields are scanned as they stand
   */
  begin(findings: Findings, text: DecodedText | undefined): void {
    this.#findings = findings
    this.#text = text
    if (this.#runner.collect(findings)) this.#seen.clear()
  }

  /** Says which part the next fields belong to. */
  enter(where: RequestPart): void {
    this.#where = where
  }

  /** Ends a turn: lets go of everything that belongs to the request. */
  end(): void {
    this.#findings = undefined
    this.#text = undefined
    this.#turnEnds = AT_ONCE
    this.#long = undefined
  }

  /** Ends this turn at `time` of the clock. */
  endTurnAt(time: number): void {
    this.#turnEnds = time
  }

  relocate(base: number, unit: number): void {
    this.#findings?.relocate(base, unit)
    this.#seen.clear()
  }

  isDue(): boolean {
    if (this.#long !== undefined) return true
    this.#unclocked -= 1
    if (this.#unclocked > 0 || this.#turnEnds === AT_ONCE) return false
    const now = performance.now()
    this.#stride = now - this.#asked > LONG_MS ? 1 : Math.min(MOST_UNCLOCKED, this.#stride * 2)
    this.#unclocked = this.#stride
    this.#asked = now
    return now >= this.#turnEnds
  }

  #isTurnOver(): boolean {
    return this.#turnEnds !== AT_ONCE && performance.now() >= this.#turnEnds
  }

  /** Does `work`, and what it leaves to be done before its next step; yields where a turn is over. */
  *inTurns(work: Turns): Turns {
    for (let isDone = false; !isDone; ) {
      isDone = work.next().done === true
      const long = this.#long
      this.#long = undefined
      if (long !== undefined) yield* this.inTurns(long)
      if (this.#isTurnOver()) yield
    }
  }

  read(origin: Origin, bytes: Buffer, start: number, end: number, layout: Layout): number {
    // Past the bound nothing is taken any more, so that nothing needs to be read.
    if (this.#findings?.open === false && !this.#findings.spend(0)) return end
    return this.#runner.read(bytes, start, end, layout, shortContextOf(origin))
  }

  pass(origin: Origin, bytes: Buffer, start: number, end: number, layout: Layout): number {
    const to = this.#runner.read(bytes, start, Math.min(end, start + origin.shortBytes + 1), layout, shortContextOf(origin))
    return this.#runner.isClean && to - start <= origin.shortBytes && !mayHoldBase64(bytes, start, to, origin.isForm) ? to : -1
  }

  mayGoOn(): boolean {
    return this.#findings?.spend(PART) === true
  }

  scan(origin: Origin, bytes: Buffer, start: number, end: number): void {
    if (origin.shortBytes > 0) this.#runner.read(bytes, start, end, layoutOf(origin), shortContextOf(origin))
    this.take(origin, bytes, start, end)
  }

  take(origin: Origin, bytes: Buffer, start: number, end: number): void {
    const limit = origin.shortBytes
    if (end - start <= limit && !this.#mayHold(origin, shortContextOf(origin), bytes, start, end)) return
    const findings = this.#findings
    if (findings === undefined || end <= start || !findings.spend(0)) return
    if (limit === 0) this.visit(this.#scanDocument(findings, origin, bytes, start, end))
    else if (end - start > limit) {
      const isWorthwhile = this.#mayHold(origin, contextOf(origin, reachOf(origin, end - start)), bytes, start, end)
      // Padding takes nothing away that a rule needs, so that a text without its padding holds no more than the whole.
      const isShortly = this.#mayHold(origin, shortContextOf(origin), bytes, start, end)
      this.visit(this.#scanLong(findings, origin, bytes, start, end, isWorthwhile, isShortly))
    } else this.#takeShort(findings, origin, bytes, start, end)
  }

  visit(work: Turns): void {
    if (this.#turnEnds === AT_ONCE) atOnce(work)
    else {
      const before = this.#long
      this.#long = undefined
      if (before !== undefined) atOnce(before)
      this.#long = work
    }
  }

  #scanDocument(findings: Findings, origin: Origin, bytes: Buffer, start: number, end: number): Turns {
    return this.#documents.scan(findings, this.#where, origin, bytes, start, end, () => this.#text)
  }

  /** Whether the text just read may hold anything, as it stands or decoded. */
  #mayHold(origin: Origin, context: number, bytes: Buffer, start: number, end: number): boolean {
    if (this.#runner.mayFind(context) || (origin === ORIGIN.header && context === shortContextOf(origin) && isSpaced(bytes, start, end)))
      return true
    return origin !== ORIGIN.path && mayHoldBase64(bytes, start, end, origin.isForm)
  }

  #takeShort(findings: Findings, origin: Origin, bytes: Buffer, start: number, end: number): void {
    if (!findings.spend(FIELD)) return
    const slot = this.#where === 'body' ? this.#seen.add(bytes, start, end, shortContextOf(origin)) : 0
    if (slot < 0 || !findings.spend(DECODING + (end - start) * DECODING_PER_BYTE)) return
    const foundBefore = findings.found.length
    this.#runner.beginField(this.#where, origin, origin.shortReach)
    this.#scanField(findings, origin, origin.shortReach, bytes, start, end)
    if (findings.found.length > foundBefore) this.#seen.drop(slot)
  }

  /**
   * A field that is short without its padding is read as short, and so is a part that stands out of prose. The whole is read in windows as well,
   * where it may hold anything: the rest may be in any of them.
   */
  *#scanLong(
    findings: Findings,
    origin: Origin,
    bytes: Buffer,
    start: number,
    end: number,
    isWorthwhile: boolean,
    isShortly: boolean
  ): Turns {
    const runner = this.#runner
    const text = this.#text
    const reach = reachOf(origin, end - start)
    if (text !== undefined && isShortly && this.#condenser.condense(text, bytes, start, end, origin.shortBytes)) {
      const short = reachOf(origin, text.length)
      runner.beginField(this.#where, origin, short)
      transportOf(origin, true)?.(text)
      runner.run(text.bytes, text.length, text.offsets)
      if (findings.open && normalise(text)) runner.run(text.bytes, text.length, text.offsets)
      if (findings.open && short === 'parameter' && deobfuscate(text)) runner.run(text.bytes, text.length, text.offsets)
    }
    runner.beginField(this.#where, origin, 'excerpt')
    yield* runner.inOneField(
      visitExcerpts(origin, bytes, start, end, SHORT_STRING_BYTES, (from, to) => {
        if (findings.open) this.#readField(findings, origin, 'excerpt', bytes, from, to)
      })
    )
    if (reach === 'document') yield* this.#scanDocument(findings, origin, bytes, start, end)
    else if (isWorthwhile) {
      runner.beginField(this.#where, origin, reach)
      yield* runner.inOneField(this.#scanWindows(findings, origin, reach, bytes, start, end))
    }
  }

  *#scanWindows(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): Turns {
    for (let at = start; at < end && findings.open; at += FIELD_BYTES - WINDOW_OVERLAP) {
      const stop = Math.min(end, at + FIELD_BYTES)
      this.#readField(findings, origin, reach, bytes, at, stop)
      if (stop === end) break
      yield
    }
  }

  #readField(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): void {
    const context = contextOf(origin, reach)
    this.#runner.read(bytes, start, end, layoutOf(origin), context)
    if (this.#mayHold(origin, context, bytes, start, end)) this.#scanField(findings, origin, reach, bytes, start, end)
  }

  /** Scans the field that was just read, and may hold something. */
  #scanField(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): void {
    const runner = this.#runner
    const text = this.#text
    const { isNested } = runner
    let { isDisguised } = runner
    const transport = transportOf(origin, isNested)
    let filled = text !== undefined && transport !== undefined
    if (text === undefined || transport === undefined) {
      runner.judge(bytes, start, end, undefined)
    } else {
      fillDecodedText(text, bytes, start, end)
      transport(text)
      // Entities were not decoded as the text was read.
      if (origin === ORIGIN.xml) runner.run(text.bytes, text.length, text.offsets)
      else runner.judge(text.bytes, 0, text.length, text.offsets)
    }
    if (text === undefined || !findings.open) return
    if (isNested) {
      if (!filled) fillDecodedText(text, bytes, start, end)
      filled = true
      if (normalise(text)) {
        runner.run(text.bytes, text.length, text.offsets)
        isDisguised = runner.isDisguised
      }
    }
    const spaced = reach === 'parameter' && origin === ORIGIN.header && isSpaced(bytes, start, end)
    if (reach === 'parameter' && (isDisguised || spaced)) {
      if (!filled) fillDecodedText(text, bytes, start, end)
      const changed = spaced && decodeForm(text)
      if (deobfuscate(text) || changed) runner.run(text.bytes, text.length, text.offsets)
    }
    if (origin !== ORIGIN.path && mayHoldBase64(bytes, start, end, origin.isForm)) this.#scanBase64(text, transport, bytes, start, end)
  }

  /** Base64 from end to end. */
  #scanBase64(text: DecodedText, transport: Decoder | undefined, bytes: Buffer, start: number, end: number): void {
    fillDecodedText(text, bytes, start, end)
    transport?.(text)
    let times = 0
    while (times < MOST_BASE64 && decodeBase64(text)) times += 1
    if (times === 0) return
    normalise(text)
    this.#runner.run(text.bytes, text.length, text.offsets)
  }
}

/** Whether a header's text may be a form's, where pluses are blanks. */
function isSpaced(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] === PLUS || bytes[index] === PERCENT) return true
  return false
}

/** How texts of `origin` lie where nothing ends them. */
function layoutOf(origin: Origin): Layout {
  if (origin.isForm) return LAYOUT.form
  return origin === ORIGIN.string ? LAYOUT.json : LAYOUT.plain
}

/** The decoder of a field's transport encoding. */
function transportOf(origin: Origin, isNested: boolean): Decoder | undefined {
  if (origin.isForm) return decodeForm
  if (origin === ORIGIN.string) return decodeJson
  return origin === ORIGIN.xml && isNested ? decodeEntities : undefined
}
