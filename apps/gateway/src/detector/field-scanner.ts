import { type CharacterTable, MARKS, UNENDING, UNENDING_FORM } from './character-mask.js'
import { CleanFields } from './clean-fields.js'
import { decodeBase64, holdsBase64 } from './decode/base64.js'
import { Condenser } from './decode/condense.js'
import type { DecodedText } from './decode/decoded-text.js'
import { fillDecodedText } from './decode/decoded-text.js'
import { deobfuscate } from './decode/deobfuscate.js'
import { decodeEntities } from './decode/html-entities.js'
import { decodeJson } from './decode/js-escapes.js'
import { foldUtf8, normalise } from './decode/normalise.js'
import { decodeForm } from './decode/url.js'
import { DocumentScanner } from './document-scanner.js'
import type { FieldReader, Layout, Origin, Reach } from './field.js'
import { FIELD_BYTES, ORIGIN, reachOf, SHORT_STRING_BYTES } from './field.js'
import { visitExcerpts } from './fields/excerpts.js'
import type { RequestPart } from './finding.js'
import type { Findings } from './findings.js'
import type { KindRule } from './rule.js'
import { RuleRunner } from './rule-runner.js'
import { contextOf } from './rule-set.js'
import { SeenTexts } from './seen-texts.js'

/** Bytes that two windows of a long field share, so that nothing hides on a border. */
const WINDOW_OVERLAP = 256
/** The cost of a field that may hold something, before any rule looks at it, in bytes that one looks at; and the cost of its decoders. */
const FIELD = 40
const PART = 80
const DECODING = 160
const DECODING_PER_BYTE = 4
/** Times that a text is read thoroughly before the automaton learns it. */
const PATIENCE = 4
/** Texts that are base64 inside base64 are decoded so often. */
const MOST_BASE64 = 3

/**
 * Scans one field after another, each as it stands and then decoded:
 *
 * ```
 *   raw bytes ─► transport decoding ─► nested encodings ─► obfuscation
 *                (form, JSON, XML)     (≤ 4 rounds)        (parameters only)
 *                      │ rules              │ rules             │ rules
 * ```
 *
 * The pass that finds the end of a field also finds out whether rules wait for anything in it, and whether it needs decoding. Where neither
 * is so, the field is done: nothing is copied.
 */
export class FieldScanner implements FieldReader {
  readonly #runner: RuleRunner
  readonly #documents: DocumentScanner
  readonly #clean: CleanFields
  readonly #seen = new SeenTexts()
  readonly #condenser = new Condenser()
  #text: DecodedText | undefined
  #findings: Findings | undefined
  #where: RequestPart = 'body'

  /** @param patience - see `FieldAutomaton`; 0 in tests that want each way of it gone */
  constructor(rules: readonly KindRule[], patience = PATIENCE) {
    this.#runner = new RuleRunner(rules)
    this.#documents = new DocumentScanner(rules)
    this.#clean = new CleanFields(rules, patience)
  }

  /** Begins a request: `text` is scratch memory to decode in, or nothing, so that fields are scanned as they stand. */
  begin(findings: Findings, text: DecodedText | undefined): void {
    this.#findings = findings
    this.#text = text
    this.#runner.begin(findings)
    this.#clean.begin()
  }

  /** Says which part the next fields belong to. */
  enter(where: RequestPart): void {
    this.#where = where
  }

  /** Lets go of everything that belongs to the request. */
  end(): void {
    this.#findings = undefined
    this.#text = undefined
    this.#runner.begin(undefined)
    this.#seen.clear()
  }

  get mask(): number {
    return this.#runner.mask
  }

  skip(layout: Layout, bytes: Buffer, start: number, end: number): number {
    return this.#clean.skip(layout, bytes, start, end)
  }

  read(bytes: Buffer, start: number, end: number, table: CharacterTable): number {
    // Past the bound nothing is taken any more, so that nothing needs to be read.
    if (this.#findings?.spend(0) === false) return end
    return this.#runner.read(bytes, start, end, table)
  }

  mayGoOn(): boolean {
    return this.#findings?.spend(PART) === true
  }

  scan(origin: Origin, bytes: Buffer, start: number, end: number): void {
    if (origin.shortBytes > 0) this.#runner.read(bytes, start, end, origin.isForm ? UNENDING_FORM : UNENDING)
    this.take(origin, bytes, start, end)
  }

  take(origin: Origin, bytes: Buffer, start: number, end: number): void {
    const findings = this.#findings
    if (findings === undefined || end <= start || !findings.spend(0)) return
    const runner = this.#runner
    const limit = origin.shortBytes
    const length = end - start
    if (limit > 0 && length <= limit) {
      const context = contextOf(origin, origin.shortReach)
      if (isPlain(runner.mask, origin, bytes, start, end) && !runner.mayFind(context, bytes, start, end, origin.isForm)) return
      this.#takeShort(findings, origin, context, bytes, start, end)
      return
    }
    if (limit === 0) this.#documents.scan(findings, this.#where, origin, bytes, start, end, this.#text)
    else if (this.#isWorthwhile(origin, reachOf(origin, length), bytes, start, end))
      this.#scanLong(findings, origin, reachOf(origin, length), bytes, start, end, limit)
  }

  #takeShort(findings: Findings, origin: Origin, context: number, bytes: Buffer, start: number, end: number): void {
    if (!findings.spend(FIELD)) return
    const slot = this.#where === 'body' ? this.#seen.add(bytes, start, end, context) : 0
    if (slot < 0 || !findings.spend(DECODING + (end - start) * DECODING_PER_BYTE)) return
    const foundBefore = findings.found.length
    this.#runner.beginField(this.#where, origin, origin.shortReach)
    this.#scanField(findings, origin, origin.shortReach, bytes, start, end)
    if (findings.found.length > foundBefore) this.#seen.drop(slot)
  }

  /** Whether rules may find anything in a long field as it was read, or the field needs decoding. */
  #isWorthwhile(origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): boolean {
    const { mask, set } = this.#runner
    if ((mask & MARKS.NESTED) !== 0 || mayBeBase64(mask, bytes, start, end)) return true
    return set.outlook(contextOf(origin, origin.shortReach), mask) >= 0 || set.outlook(contextOf(origin, reach), mask) >= 0
  }

  /**
   * A field that is short without its padding is read as short, and so is a part that stands out of prose. The whole is read in windows as well: the
   * rest may be in any of them.
   */
  #scanLong(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number, limit: number): void {
    const text = this.#text
    if (text !== undefined && this.#condenser.condense(text, bytes, start, end, limit)) {
      const short = reachOf(origin, text.length)
      this.#runner.beginField(this.#where, origin, short)
      transportOf(origin, ~0)?.(text)
      this.#runner.run(text.bytes, text.length, text.offsets)
      if (findings.open && normalise(text)) this.#runner.run(text.bytes, text.length, text.offsets)
      if (findings.open && short === 'parameter' && deobfuscate(text)) this.#runner.run(text.bytes, text.length, text.offsets)
    }
    this.#runner.beginField(this.#where, origin, 'excerpt')
    visitExcerpts(origin, bytes, start, end, SHORT_STRING_BYTES, (from, to) => {
      if (findings.open) this.#readField(findings, origin, 'excerpt', bytes, from, to)
    })
    if (reach === 'document') {
      this.#documents.scan(findings, this.#where, origin, bytes, start, end, text)
      return
    }
    this.#runner.beginField(this.#where, origin, reach)
    for (let at = start; at < end && findings.open; at += FIELD_BYTES - WINDOW_OVERLAP) {
      const stop = Math.min(end, at + FIELD_BYTES)
      this.#readField(findings, origin, reach, bytes, at, stop)
      if (stop === end) break
    }
  }

  #readField(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): void {
    this.#runner.read(bytes, start, end, origin.isForm ? UNENDING_FORM : UNENDING)
    this.#scanField(findings, origin, reach, bytes, start, end)
  }

  /** Scans the field that was just read. */
  #scanField(findings: Findings, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number): void {
    const runner = this.#runner
    const text = this.#text
    const { mask } = runner
    let filled = text !== undefined && transportOf(origin, mask) !== undefined
    if (text === undefined || !filled) {
      runner.judge(bytes, start, end, undefined, origin.isForm)
    } else {
      fill(text, origin, mask, bytes, start, end)
      runner.run(text.bytes, text.length, text.offsets)
    }
    if (text === undefined || !findings.open) return
    if ((runner.mask & MARKS.NESTED) !== 0) {
      if (!filled) fill(text, origin, mask, bytes, start, end)
      filled = true
      if (normalise(text)) runner.run(text.bytes, text.length, text.offsets)
    }
    this.#scanDisguised(text, origin, reach, bytes, start, end, filled)
  }

  /** The forms that only short fields can take: shell and SQL obfuscation, base64 from end to end. */
  #scanDisguised(text: DecodedText, origin: Origin, reach: Reach, bytes: Buffer, start: number, end: number, filled: boolean): void {
    const runner = this.#runner
    const { mask } = runner
    const isSpaced = origin === ORIGIN.header && (mask & (MARKS.PLUS | MARKS.PERCENT)) !== 0
    if (reach === 'parameter' && ((mask & MARKS.DISGUISE) !== 0 || isSpaced)) {
      if (!filled) fill(text, origin, mask, bytes, start, end)
      const spaced = isSpaced && decodeForm(text)
      if (deobfuscate(text) || spaced) runner.run(text.bytes, text.length, text.offsets)
    }
    if ((mask & MARKS.NOT_BASE64) !== 0 || reach === 'document' || origin === ORIGIN.path) return
    fill(text, origin, ~0, bytes, start, end)
    let times = 0
    while (times < MOST_BASE64 && decodeBase64(text)) times += 1
    if (times === 0) return
    normalise(text)
    runner.run(text.bytes, text.length, text.offsets)
  }
}

/** Whether a text has nothing that could be decoded. */
function isPlain(mask: number, origin: Origin, bytes: Buffer, start: number, end: number): boolean {
  if ((mask & (origin.shortReach === 'parameter' ? MARKS.NESTED | MARKS.DISGUISE : MARKS.NESTED)) !== 0) return false
  if (origin === ORIGIN.path || !mayBeBase64(mask, bytes, start, end)) return true
  return (mask & MARKS.BLANK) === 0 && !holdsBase64(bytes, start, end)
}

/** Whether a text of such characters may be base64 from end to end, with blanks or a form's pluses around it. */
function mayBeBase64(mask: number, bytes: Buffer, start: number, end: number): boolean {
  if ((mask & MARKS.NOT_BASE64) !== 0) return false
  return (mask & MARKS.BLANK) === 0 || mayBeBlank(bytes[start] as number) || mayBeBlank(bytes[end - 1] as number)
}

function mayBeBlank(byte: number): boolean {
  return byte <= 32 || byte === 43
}

/** Copies a field into scratch memory, without its transport encoding. */
function fill(text: DecodedText, origin: Origin, mask: number, bytes: Buffer, start: number, end: number): void {
  fillDecodedText(text, bytes, start, end)
  transportOf(origin, mask)?.(text)
}

/** The decoder of a field's transport encoding; undefined where the field has none, or only pluses, which a read takes for blanks. */
function transportOf(origin: Origin, mask: number): ((text: DecodedText) => boolean) | undefined {
  if (origin.isForm) return (mask & (MARKS.PLUS | MARKS.PERCENT)) === 0 ? undefined : decodeForm
  switch (origin) {
    case ORIGIN.string:
      return (mask & MARKS.BACKSLASH) === 0 ? undefined : decodeJson
    case ORIGIN.xml:
      return (mask & MARKS.AMPERSAND) === 0 ? undefined : decodeEntities
    default:
      return (mask & MARKS.IMITATOR) === 0 ? undefined : foldUtf8
  }
}
