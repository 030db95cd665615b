import type { Origin, Reach } from './field.js'
import type { RequestPart } from './finding.js'
import type { Findings } from './findings.js'
import type { KindRule } from './rule.js'
import { appliesTo, RuleSet } from './rule-set.js'
import { placeBeforeSqueezing, squeezeBlanks } from './squeezed-text.js'

/** Bytes before and after a literal that a rule sees of a document. */
const BEFORE = 128
const AFTER = 384

/** Runs rules over one text: the automaton says which, the rules decide. Each rule finds at most once in a field. */
export class RuleRunner {
  readonly #sets: Readonly<Record<Reach, RuleSet>>
  /** By rule, the field in which it was last run or found; a number per field saves clearing. */
  readonly #queuedAt: Int32Array
  readonly #foundAt: Int32Array
  readonly #examinedTo: Int32Array
  readonly #queue: number[] = []
  #set: RuleSet
  #field = 0
  #text = 0
  #reach: Reach = 'field'
  #origin: Origin = 'text'
  #where: RequestPart = 'body'
  #findings: Findings | undefined

  constructor(rules: readonly KindRule[]) {
    this.#sets = {
      parameter: new RuleSet(rules, 'parameter'),
      string: new RuleSet(rules, 'string'),
      excerpt: new RuleSet(rules, 'excerpt'),
      field: new RuleSet(rules, 'field'),
      document: new RuleSet(rules, 'document')
    }
    this.#queuedAt = new Int32Array(rules.length)
    this.#foundAt = new Int32Array(rules.length)
    this.#examinedTo = new Int32Array(rules.length)
    this.#set = this.#sets.field
  }

  get reach(): Reach {
    return this.#reach
  }

  /** Begins a field; the texts run until the next one are its decoded forms. */
  beginField(findings: Findings, where: RequestPart, origin: Origin, reach: Reach): void {
    this.#findings = findings
    this.#where = where
    this.#origin = origin
    this.#reach = reach
    this.#set = this.#sets[reach]
    this.#field = nextMark(this.#field, this.#foundAt)
  }

  /** Lets go of the request. */
  forget(): void {
    this.#findings = undefined
  }

  /** Runs the rules over a short text; `offsets` maps it to raw bytes, or it is raw itself and lies at `rawBase`. */
  run(bytes: Buffer, start: number, end: number, offsets: Int32Array | undefined, rawBase: number): void {
    const findings = this.#findings
    if (findings === undefined || end <= start) return
    const set = this.#set
    this.#text = nextMark(this.#text, this.#queuedAt)
    this.#queue.length = 0
    for (const rule of set.unconditional) this.#queue.push(rule)
    set.matcher.scan(bytes, start, end, this.#onLiteral)
    if (this.#queue.length === 0) return
    const text = bytes.toString('latin1', start, end)
    const squeezed = squeezeBlanks(text)
    for (const index of this.#queue) {
      const rule = set.rules[index] as KindRule
      if (this.#foundAt[index] === this.#field || !appliesTo(rule, this.#origin)) continue
      if (!findings.examine(squeezed.length)) return
      const found = indexIn(rule, squeezed)
      if (found < 0) continue
      this.#foundAt[index] = this.#field
      const at = placeBeforeSqueezing(text, found)
      findings.add(rule, this.#where, offsets === undefined ? start - rawBase + at : (offsets[Math.min(at, end - 1)] as number))
    }
  }

  /** Runs the rules over a long raw text: each sees a window around its literals. */
  runDocument(bytes: Buffer, start: number, end: number, rawBase: number): void {
    const findings = this.#findings
    if (findings === undefined) return
    const set = this.#set
    this.#examinedTo.fill(-1)
    set.matcher.scan(bytes, start, end, (literal, literalEnd) => {
      for (const index of set.waitingFor(literal)) {
        if ((this.#examinedTo[index] as number) >= literalEnd || this.#foundAt[index] === this.#field) continue
        const rule = set.rules[index] as KindRule
        if (!appliesTo(rule, this.#origin) || !findings.examine(BEFORE + AFTER)) continue
        const from = Math.max(start, literalEnd - BEFORE)
        const to = Math.min(end, literalEnd + AFTER)
        // Literals in the window's first part need no window of their own: they see as much after them as most rules want.
        this.#examinedTo[index] = to === end ? end : literalEnd + AFTER / 2
        const text = bytes.toString('latin1', from, to)
        const found = indexIn(rule, squeezeBlanks(text))
        if (found < 0) continue
        this.#foundAt[index] = this.#field
        findings.add(rule, this.#where, from + placeBeforeSqueezing(text, found) - rawBase)
      }
    })
  }

  readonly #onLiteral = (literal: number): void => {
    for (const rule of this.#set.waitingFor(literal)) {
      if (this.#queuedAt[rule] === this.#text) continue
      this.#queuedAt[rule] = this.#text
      this.#queue.push(rule)
    }
  }
}

function indexIn(rule: KindRule, text: string): number {
  return typeof rule.test === 'function' ? rule.test(text) : text.search(rule.test)
}

/** The next mark; once it would leave 31 bits, marks begin anew on cleared memory. */
function nextMark(mark: number, marks: Int32Array): number {
  if (mark < 0x7fffffff) return mark + 1
  marks.fill(0)
  return 1
}
