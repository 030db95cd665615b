import type { OriginName, Reach } from './fields/field.js'
import type { AttackKind } from './finding.js'
import { isAmongWords } from './prose.js'

/** A function that finds an attack in a short text: the index of the place, or -1. */
export type RuleCheck = (text: string) => number

/** One thing to look for. The tests run each rule on its two examples, placed where it applies. */
export interface Rule {
  /** Stable name, unique over all kinds. */
  readonly id: string
  /** The attack that it finds, in a line. */
  readonly why: string
  /** The smallest context in which it is telling: `document` rules apply everywhere, `parameter` rules to parameters alone. */
  readonly reach: Exclude<Reach, 'excerpt'>
  /** Origins to which it is confined. Default: all within its reach. */
  readonly only?: readonly OriginName[]
  /** Origins to which it does not apply. */
  readonly except?: readonly OriginName[]
  /** Whether a match means something only in a whole value, and nothing in an excerpt from prose. Default: false. */
  readonly wholeOnly?: true
  /**
   * Lower-case ASCII, separated by blanks, `␣` for a blank in them, one of which occurs in any case in each text that the rule finds. One that begins with
   * `\n` may stand where the text begins too. Documents are sifted by them, and functions without a `sign` run only where one stands.
   */
  readonly literals?: string
  /** Words: the rule runs only on text that begins with one of them, also behind a path, quotes or `name=`. */
  readonly begins?: Iterable<string>
  /** Words: one of them must begin the text, or follow a separator of commands in it. */
  readonly follows?: Iterable<string>
  /** A pattern without unbounded nesting, or a function, that decides. */
  readonly test: RegExp | RuleCheck
  /** Whether a match means nothing in the midst of prose; its pattern is global. Default: false. */
  readonly leavesProse?: true
  /** Of a function: a pattern that has a match in each text in which the function finds something. Default: any of the literals. */
  readonly sign?: RegExp
  /** A text that the rule finds. */
  readonly finds: string
  /** A text near to it that the rule leaves alone. */
  readonly leaves: string
}

/** A rule, and the kind of attack that it shows. */
export interface KindRule extends Rule {
  readonly kind: AttackKind
}

/** Gives each of `rules` its kind. */
export function ofKind(kind: AttackKind, rules: readonly Rule[]): readonly KindRule[] {
  return rules.map((rule) => ({ ...rule, kind }))
}

/** The words of a list that is written with blanks between them; `␣` is a blank inside a word. */
export function wordsOf(list: string): readonly string[] {
  return list.split(' ').map((word) => word.replaceAll('␣', ' '))
}

/** Where a rule finds something in `text`, or -1. */
export function indexIn({ test, leavesProse }: Rule, text: string): number {
  if (typeof test === 'function') return test(text)
  if (leavesProse !== true) return text.search(test)
  for (const { 0: match, index } of text.matchAll(test)) if (!isAmongWords(text, index, index + match.length)) return index
  return -1
}

/** How a call of a function looks, with nothing or a comment before its bracket; behind a blank it may be a word of prose. */
export const CALL_SIGN = /[\w/>?$.)\]\\\t\n]\(/
