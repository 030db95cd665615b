import { TextReader, UNENDING } from './character-mask.js'
import type { Origin, Reach } from './field.js'
import type { RequestPart } from './finding.js'
import type { Findings } from './findings.js'
import { indexIn, type KindRule } from './rule.js'
import { contextOf, RuleSet } from './rule-set.js'
import { placeBeforeSqueezing, squeezeBlanks } from './squeezed-text.js'

/** Runs rules over texts: the set says which, the rules decide. Each rule finds at most once in a field. */
export class RuleRunner extends TextReader {
  readonly set: RuleSet
  readonly #candidates: Int32Array
  /** For each rule, the field in which it last found something; a number for each field saves clearing. */
  readonly #foundAt: Int32Array
  #field = 0
  #context = 0
  #where: RequestPart = 'body'
  #findings: Findings | undefined

  constructor(rules: readonly KindRule[]) {
    super()
    this.set = new RuleSet(rules)
    this.#candidates = new Int32Array(rules.length)
    this.#foundAt = new Int32Array(rules.length)
  }

  /** Begins a request, or lets go of one. */
  begin(findings: Findings | undefined): void {
    this.#findings = findings
  }

  /** Begins a field; the texts run until the next one are its parts, or their decoded forms. */
  beginField(where: RequestPart, origin: Origin, reach: Reach): void {
    this.#where = where
    this.#context = contextOf(origin, reach)
    if (this.#field === 0x7fffffff) {
      this.#field = 0
      this.#foundAt.fill(0)
    }
    this.#field += 1
  }

  /** Whether any rule that applies in `context` may find something in the last text read. */
  mayFind(context: number, bytes: Buffer, start: number, end: number, isForm: boolean): boolean {
    const outlook = this.set.outlook(context, this.mask)
    return outlook >= 0 && this.set.candidates(this.#candidates, outlook, this.mask, bytes, start, end, isForm) > 0
  }

  /** Reads a decoded text, and runs the rules over it; `offsets` maps it to raw bytes. */
  run(bytes: Buffer, length: number, offsets: Int32Array): void {
    this.read(bytes, 0, length, UNENDING)
    this.judge(bytes, 0, length, offsets, false)
  }

  /** Runs the rules over the last text read; `offsets` maps it to raw bytes, or it is raw itself. */
  judge(bytes: Buffer, start: number, end: number, offsets: Int32Array | undefined, isForm: boolean): void {
    const findings = this.#findings
    const outlook = this.set.outlook(this.#context, this.mask)
    if (outlook < 0 || findings === undefined) return
    const candidates = this.#candidates
    const count = this.set.candidates(candidates, outlook, this.mask, bytes, start, end, isForm)
    if (count === 0) return
    const text = bytes.toString('latin1', start, end)
    const squeezed = squeezeBlanks(text)
    for (let at = 0; at < count; at += 1) {
      const index = candidates[at] as number
      if (this.#foundAt[index] === this.#field) continue
      if (!findings.examine(squeezed.length)) return
      const rule = this.set.rules[index] as KindRule
      const found = indexIn(rule, squeezed)
      if (found < 0) continue
      this.#foundAt[index] = this.#field
      const place = placeBeforeSqueezing(text, found)
      findings.add(rule, this.#where, offsets === undefined ? start + place : (offsets[Math.min(place, end - 1)] as number))
    }
  }
}
