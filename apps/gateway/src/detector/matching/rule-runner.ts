import type { Origin, Reach, Turns } from '../fields/field.js'
import { LAYOUT } from '../fields/layout.js'
import type { RequestPart } from '../finding.js'
import { indexIn, type KindRule } from '../rule.js'
import type { Findings } from '../scan/findings.js'
import { placeBeforeSqueezing, squeezeBlanks } from '../scan/squeezed-text.js'
import { contextOf, RuleSet } from './rule-set.js'

/** Looks that a rule's pattern takes until it is compiled. */
const COMPILING_LOOKS = 3

/** Runs rules over texts: the set says which, the rules decide. Each rule finds at most once in a field. */
export class RuleRunner extends RuleSet {
  readonly #candidates: Int32Array
  /** For each rule, the field in which it last found something; a number for each field saves clearing. */
  readonly #foundAt: Int32Array
  /** How often each rule looked, up to where looks are timed. */
  readonly #looks: Uint8Array
  #field = 0
  #fields = 0
  #context = 0
  #where: RequestPart = 'body'
  #findings: Findings | undefined

  constructor(rules: readonly KindRule[], isBounded: boolean) {
    super(rules, isBounded)
    this.#candidates = new Int32Array(rules.length)
    this.#foundAt = new Int32Array(rules.length)
    this.#looks = new Uint8Array(rules.length)
  }

  /**
   * Begins a request, or a further turn of one.
   * @returns whether it is another request than the last one
   */
  collect(findings: Findings): boolean {
    if (findings === this.#findings) return false
    this.#findings = findings
    this.begin()
    return true
  }

  /** Begins a field; the texts run until the next one are its parts, or their decoded forms. */
  beginField(where: RequestPart, origin: Origin, reach: Reach): void {
    this.#where = where
    this.#context = contextOf(origin, reach)
    if (this.#fields === 0x7fffffff) {
      this.#fields = 0
      this.#foundAt.fill(0)
    }
    this.#fields += 1
    this.#field = this.#fields
  }

  /** Does work on the field just begun, which stays the same field when others were scanned between two turns. */
  *inOneField(work: Turns): Turns {
    const [field, context, where] = [this.#field, this.#context, this.#where]
    while (work.next().done !== true) {
      yield
      this.#context = context
      this.#where = where
      this.#field = field
    }
  }

  /** Reads a decoded text, and runs the rules over it; `offsets` maps it to raw bytes. */
  run(bytes: Buffer, length: number, offsets: Int32Array): void {
    this.read(bytes, 0, length, LAYOUT.plain, this.#context)
    this.judge(bytes, 0, length, offsets)
  }

  /** Runs the rules over the last text read, or what it was decoded to; `offsets` maps that to raw bytes, or it is raw itself. */
  judge(bytes: Buffer, start: number, end: number, offsets: Int32Array | undefined): void {
    const findings = this.#findings
    if (findings === undefined || !this.mayFind(this.#context)) return
    const candidates = this.#candidates
    const count = this.candidates(candidates, this.#context, bytes, start, end)
    if (count === 0) return
    const text = bytes.toString('latin1', start, end)
    const squeezed = squeezeBlanks(text)
    let started = performance.now()
    for (let at = 0; at < count; at += 1) {
      const index = candidates[at] as number
      if (this.#foundAt[index] === this.#field) continue
      if (!findings.examine(squeezed.length)) return
      const rule = this.rules[index] as KindRule
      const found = indexIn(rule, squeezed)
      const ended = performance.now()
      // The first looks of a rule meet the compiler of patterns.
      if (this.#looks[index] === COMPILING_LOOKS) findings.settle(squeezed.length, ended - started)
      else (this.#looks[index] as number) += 1
      started = ended
      if (found < 0) continue
      this.#foundAt[index] = this.#field
      const place = placeBeforeSqueezing(text, found)
      findings.add(rule, this.#where, offsets === undefined ? start + place : (offsets[Math.min(place, end - 1)] as number))
    }
  }
}
