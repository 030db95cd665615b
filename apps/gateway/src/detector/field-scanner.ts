import { decodeBase64 } from './decode/base64.js'
import { Condenser } from './decode/condense.js'
import type { DecodedText } from './decode/decoded-text.js'
import { fillDecodedText } from './decode/decoded-text.js'
import { deobfuscate } from './decode/deobfuscate.js'
import { decodeEntities } from './decode/html-entities.js'
import { decodeJson } from './decode/js-escapes.js'
import { holdsEncoding, MARKERS, markersIn } from './decode/markers.js'
import { foldUtf8, normalise } from './decode/normalise.js'
import { decodeForm } from './decode/url.js'
import type { Origin } from './field.js'
import { FIELD_BYTES, reachOf, SHORT_STRING_BYTES, shortBytesOf } from './field.js'
import { visitExcerpts } from './fields/excerpts.js'
import type { RequestPart } from './finding.js'
import type { Findings } from './findings.js'
import type { KindRule } from './rule.js'
import { RuleRunner } from './rule-runner.js'

/** Bytes that two windows of a document share, so that nothing hides on a border. */
const WINDOW_OVERLAP = 256
const BASE64_MIN_BYTES = 12

/**
 * Scans one field after another, each as it stands and then decoded:
 *
 * ```
 *   raw bytes ─► transport decoding ─► nested encodings ─► obfuscation
 *                (form, JSON, XML)     (≤ 4 rounds)        (parameters only)
 *                      │ rules              │ rules             │ rules
 * ```
 *
 * A field without any encoding is scanned where it lies; nothing is copied.
 */
export class FieldScanner {
  readonly #runner: RuleRunner
  readonly #condenser = new Condenser()
  #text: DecodedText | undefined
  #findings: Findings | undefined
  #where: RequestPart = 'body'

  constructor(rules: readonly KindRule[]) {
    this.#runner = new RuleRunner(rules)
  }

  /** Begins a request: `text` is scratch memory to decode in, or nothing, so that fields are scanned as they stand. */
  begin(findings: Findings, text: DecodedText | undefined): void {
    this.#findings = findings
    this.#text = text
  }

  /** Says which part the next fields belong to. */
  enter(where: RequestPart): void {
    this.#where = where
  }

  /** Lets go of everything that belongs to the request. */
  end(): void {
    this.#findings = undefined
    this.#text = undefined
    this.#runner.forget()
  }

  /** Scans the field `bytes[start, end)`; offsets are reported relative to `rawBase`. */
  scan(origin: Origin, bytes: Buffer, start: number, end: number, rawBase = 0): void {
    const findings = this.#findings
    if (findings === undefined || end <= start) return
    const limit = shortBytesOf(origin)
    if (limit === 0) {
      this.#scanDocument(findings, origin, bytes, start, end, rawBase)
    } else if (end - start <= limit) {
      this.#runner.beginField(findings, this.#where, origin, reachOf(origin, end - start))
      this.#scanField(findings, origin, bytes, start, end, rawBase)
    } else {
      this.#scanLong(findings, origin, bytes, start, end, rawBase, limit)
    }
  }

  /**
   * What is short but for its padding is read as short, and so is what stands out of prose. All of it is read in windows besides: the
   * rest may be in any of them.
   */
  #scanLong(findings: Findings, origin: Origin, bytes: Buffer, start: number, end: number, rawBase: number, limit: number): void {
    const text = this.#text
    if (text !== undefined && this.#condenser.condense(text, bytes, start, end, start - rawBase, limit)) {
      this.#runner.beginField(findings, this.#where, origin, reachOf(origin, text.length))
      transportOf(origin, markersIn(text.bytes, 0, text.length))?.(text)
      this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
      if (findings.open && normalise(text)) this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
      if (findings.open && this.#runner.reach === 'parameter' && deobfuscate(text)) {
        this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
      }
    }
    this.#runner.beginField(findings, this.#where, origin, 'excerpt')
    visitExcerpts(origin, bytes, start, end, SHORT_STRING_BYTES, (from, to) => {
      if (findings.open) this.#scanField(findings, origin, bytes, from, to, rawBase)
    })
    const reach = reachOf(origin, end - start)
    if (reach === 'document') {
      this.#scanDocument(findings, origin, bytes, start, end, rawBase)
      return
    }
    this.#runner.beginField(findings, this.#where, origin, reach)
    for (let at = start; at < end && findings.open; at += FIELD_BYTES - WINDOW_OVERLAP) {
      const stop = Math.min(end, at + FIELD_BYTES)
      this.#scanField(findings, origin, bytes, at, stop, rawBase)
      if (stop === end) break
    }
  }

  #scanField(findings: Findings, origin: Origin, bytes: Buffer, start: number, end: number, rawBase: number): void {
    const flags = markersIn(bytes, start, end)
    const text = this.#text
    if (text === undefined) {
      this.#runner.run(bytes, start, end, undefined, rawBase)
      return
    }
    const transport = transportOf(origin, flags)
    if (transport === undefined) {
      this.#runner.run(bytes, start, end, undefined, rawBase)
    } else {
      fillDecodedText(text, bytes, start, end, start - rawBase)
      transport(text)
      this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
    }
    if (!findings.open) return
    const nested =
      transport === undefined
        ? (flags & (MARKERS.HIGH | MARKERS.PERCENT | MARKERS.AMPERSAND | MARKERS.BACKSLASH)) !== 0
        : (markersIn(text.bytes, 0, text.length) & (MARKERS.HIGH | MARKERS.PERCENT | MARKERS.AMPERSAND | MARKERS.BACKSLASH)) !== 0
    let filled = transport !== undefined
    if (nested) {
      if (!filled) fillDecodedText(text, bytes, start, end, start - rawBase)
      filled = true
      if (normalise(text)) this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
    }
    this.#scanDisguised(text, origin, bytes, start, end, rawBase, filled)
  }

  /** The forms that only short fields can take: shell and SQL obfuscation, base64 from end to end. */
  #scanDisguised(text: DecodedText, origin: Origin, bytes: Buffer, start: number, end: number, rawBase: number, filled: boolean): void {
    const source = filled ? text.bytes : bytes
    const from = filled ? 0 : start
    const to = filled ? text.length : end
    const reach = this.#runner.reach
    if (reach === 'parameter' && ((markersIn(source, from, to) & MARKERS.DISGUISE) !== 0 || origin === 'header')) {
      if (!filled) fillDecodedText(text, bytes, start, end, start - rawBase)
      const spaced = origin === 'header' && decodeForm(text)
      if (deobfuscate(text) || spaced) this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
    }
    if (reach !== 'document' && to - from >= BASE64_MIN_BYTES && origin !== 'path' && looksLikeBase64(source, from, to)) {
      fillDecodedText(text, bytes, start, end, start - rawBase)
      transportOf(origin, MARKERS.PERCENT)?.(text)
      if (!decodeBase64(text)) return
      normalise(text)
      this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
    }
  }

  #scanDocument(findings: Findings, origin: Origin, bytes: Buffer, start: number, end: number, rawBase: number): void {
    this.#runner.beginField(findings, this.#where, origin, 'document')
    this.#runner.runDocument(bytes, start, end, rawBase)
    const text = this.#text
    if (text === undefined) return
    const step = Math.min(FIELD_BYTES, text.bytes.length)
    for (let at = start; at < end && findings.open; at += Math.max(1, step - WINDOW_OVERLAP)) {
      const stop = Math.min(end, at + step)
      if (holdsEncoding(bytes, at, stop)) {
        fillDecodedText(text, bytes, at, stop, at - rawBase)
        if (normalise(text)) this.#runner.run(text.bytes, 0, text.length, text.offsets, 0)
      }
      if (stop === end) break
    }
  }
}

function transportOf(origin: Origin, flags: number): ((text: DecodedText) => boolean) | undefined {
  switch (origin) {
    case 'name':
    case 'value':
      return (flags & (MARKERS.PLUS | MARKERS.PERCENT)) === 0 ? undefined : decodeForm
    case 'string':
      return (flags & MARKERS.BACKSLASH) === 0 ? undefined : decodeJson
    case 'xml':
      return (flags & MARKERS.AMPERSAND) === 0 ? undefined : decodeEntities
    default:
      return (flags & MARKERS.HIGH) === 0 ? undefined : foldUtf8
  }
}

/** A cheap first look; decoding decides. */
function looksLikeBase64(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + 16)
  for (let index = start; index < limit; index += 1) {
    const byte = bytes[index] as number
    const folded = byte | 32
    const fits = (folded >= 97 && folded <= 122) || (byte >= 47 && byte <= 57) || byte === 43 || byte === 45 || byte === 95 || byte === 61
    // Cookies and the like may escape a letter of it, so the escape's backslash passes too.
    if (!fits && byte !== 37) return false
  }
  return true
}
