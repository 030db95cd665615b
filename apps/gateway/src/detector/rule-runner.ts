import { NEVER, type Origin, type Reach } from './field.js'
import type { RequestPart } from './finding.js'
import type { Findings } from './findings.js'
import type { KindRule } from './rule.js'
import { indexIn } from './rule.js'
import { contextOf, RuleSet } from './rule-set.js'
import { SeenTexts } from './seen-texts.js'
import { placeBeforeSqueezing, squeezeBlanks } from './squeezed-text.js'

const NO_SLOT = -1

/** Runs rules over texts: the automaton says which, the rules decide. Each rule finds at most once in a field. */
export class RuleRunner {
  readonly set: RuleSet
  readonly #candidates: Int32Array
  /** For each rule, the field in which it last found something; a number for each field saves clearing. */
  readonly #foundAt: Int32Array
  readonly #seen = new SeenTexts()
  #field = 0
  #context = 0
  #where: RequestPart = 'body'
  #findings: Findings | undefined
  /** The raw bytes whose decoded forms are run, and whether they were seen before; of others than a body's nothing is kept. */
  #source: Uint8Array | undefined
  #start = 0
  #end = 0
  #wasSeen = false
  #slot = NO_SLOT

  constructor(rules: readonly KindRule[]) {
    this.set = new RuleSet(rules)
    this.#candidates = new Int32Array(rules.length)
    this.#foundAt = new Int32Array(rules.length)
  }

  /** Begins a request. */
  begin(findings: Findings): void {
    this.#findings = findings
  }

  /** Lets go of the request. */
  end(): void {
    this.#findings = undefined
    this.#source = undefined
    this.#seen.clear()
  }

  /** Begins a field; the texts run until the next one are its parts, or their decoded forms. */
  beginField(where: RequestPart, origin: Origin, reach: Reach): void {
    this.#where = where
    this.#context = contextOf(origin, reach)
    this.#source = undefined
    if (this.#field === 0x7fffffff) {
      this.#field = 0
      this.#foundAt.fill(0)
    }
    this.#field += 1
  }

  /** Says of which raw bytes the next texts are forms, where the same bytes may come again. */
  enter(source: Uint8Array, start: number, end: number): void {
    this.#source = this.#where === 'body' ? source : undefined
    this.#start = start
    this.#end = end
    this.#wasSeen = false
    this.#slot = NO_SLOT
  }

  /** Whether rules may find anything in what was read last, `bytes[start, end)`, as a text of `origin` and `reach`. */
  mayFind(origin: Origin, reach: Reach, bytes: Uint8Array, start: number, end: number): boolean {
    return this.set.candidates(this.#candidates, contextOf(origin, reach), bytes, start, end) > 0
  }

  /** Reads a text, and runs the rules over it; `offsets` maps it to raw bytes, or it is raw itself. */
  run(bytes: Buffer, start: number, end: number, offsets: Int32Array | undefined): void {
    this.set.read(bytes, start, end, NEVER, NEVER, NEVER, false)
    if (this.set.sift(this.#context, bytes, start, end, false)) this.judge(bytes, start, end, offsets)
  }

  /** Runs the rules over a text that was read and sifted already. */
  judge(bytes: Buffer, start: number, end: number, offsets: Int32Array | undefined): void {
    const findings = this.#findings
    const candidates = this.#candidates
    const count = this.set.candidates(candidates, this.#context, bytes, start, end)
    if (count === 0 || findings === undefined || this.#isSeen()) return
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
      if (this.#slot !== NO_SLOT) this.#seen.drop(this.#slot)
      const place = placeBeforeSqueezing(text, found)
      findings.add(rule, this.#where, offsets === undefined ? start + place : (offsets[Math.min(place, end - 1)] as number))
    }
  }

  #isSeen(): boolean {
    if (this.#source !== undefined) {
      this.#slot = this.#seen.add(this.#source, this.#start, this.#end, this.#context)
      this.#wasSeen = this.#slot === NO_SLOT
      this.#source = undefined
    }
    return this.#wasSeen
  }
}
