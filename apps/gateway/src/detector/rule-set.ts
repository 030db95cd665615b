import { ORIGINS_OF, type Origin, type Reach } from './field.js'
import { LiteralMatcher } from './literal-matcher.js'
import type { KindRule } from './rule.js'

const ORDER: Readonly<Record<Reach, number>> = { parameter: 0, string: 1, excerpt: 1, field: 2, document: 3 }

/** The rules that apply in one context, behind one automaton over all their literals. */
export class RuleSet {
  readonly rules: readonly KindRule[]
  readonly matcher: LiteralMatcher
  /** Rules that have no literals and so run on every text. */
  readonly unconditional: readonly number[]
  /** For each literal of the automaton, the rules that wait for it. */
  readonly #waiting: readonly (readonly number[])[]

  /** Takes those of `rules` that reach as far as `reach`. */
  constructor(rules: readonly KindRule[], reach: Reach) {
    const origins = ORIGINS_OF[reach]
    this.rules = rules.filter(
      (rule) =>
        ORDER[rule.reach] >= ORDER[reach] && !(reach === 'excerpt' && rule.wholeOnly) && origins.some((origin) => appliesTo(rule, origin))
    )
    const byLiteral = new Map<string, number[]>()
    const unconditional: number[] = []
    this.rules.forEach((rule, index) => {
      if (rule.literals === undefined) {
        if (rule.reach !== 'parameter') throw new TypeError(`rule ${rule.id} reaches a ${rule.reach} and needs literals`)
        unconditional.push(index)
      }
      for (const literal of rule.literals ?? []) {
        const waiting = byLiteral.get(literal)
        if (waiting === undefined) byLiteral.set(literal, [index])
        else waiting.push(index)
      }
    })
    this.unconditional = unconditional
    this.matcher = new LiteralMatcher([...byLiteral.keys()])
    this.#waiting = [...byLiteral.values()]
  }

  /** The rules that wait for `literal`. */
  waitingFor(literal: number): readonly number[] {
    return this.#waiting[literal] ?? []
  }
}

/** Whether `rule` applies to text from `origin`. */
export function appliesTo(rule: KindRule, origin: Origin): boolean {
  if (rule.origins !== undefined && !rule.origins.includes(origin)) return false
  return rule.except === undefined || !rule.except.includes(origin)
}
