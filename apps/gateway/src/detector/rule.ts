import type { Origin, Reach } from './field.js'
import type { AttackKind } from './finding.js'

/** A function that finds an attack in a short text: the index of the place, or -1. */
export type RuleCheck = (text: string) => number

/** One thing to look for. */
export interface Rule {
  /** Stable name, unique over all kinds. */
  readonly id: string
  /** The smallest context in which it is telling: `document` rules apply everywhere, `parameter` rules to parameters alone. */
  readonly reach: Exclude<Reach, 'excerpt'>
  /**
   * Lower-case ASCII; the rule runs only on text in which one of them occurs (in any case). Without any, it runs on every
   * parameter; rules that reach further must have some.
   */
  readonly literals?: readonly string[]
  /** A pattern without unbounded nesting, or a function, that decides. */
  readonly test: RegExp | RuleCheck
  /** Origins to which it is confined. Default: all within its reach. */
  readonly origins?: readonly Origin[]
  /** Origins to which it does not apply. */
  readonly except?: readonly Origin[]
  /** Whether it tells something only of a whole value, and nothing of an excerpt from prose. Default: false. */
  readonly wholeOnly?: true
}

/** A rule, and the kind of attack that it shows. */
export interface KindRule extends Rule {
  readonly kind: AttackKind
}

/** Gives each of `rules` its kind. */
export function ofKind(kind: AttackKind, rules: readonly Rule[]): readonly KindRule[] {
  return rules.map((rule) => ({ ...rule, kind }))
}
