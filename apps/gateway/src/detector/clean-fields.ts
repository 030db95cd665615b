import { type Layout, ORIGIN, type Origin } from './field.js'
import { FieldAutomaton } from './field-automaton.js'
import type { KindRule } from './rule.js'
import { wordsOf } from './rule.js'
import { appliesTo } from './rule-set.js'

/** Any text that decoders change, so that rules see more than the raw text. */
const ENCODED = [
  /%(?:[0-9a-f]{2}|u)|&[#a-z]|\\[a-z0-9{]|\^[a-z0-9]|\s{5}|\/\*|\*\/|\$(?:[($@*?!]|\{?IFS)|[a-z0-9'"]['"](?=[a-z0-9'"])/i,
  /[\xc0\xc1\xc2\xca\xe0\xe2\xe3\xef\xf0-\xff]/,
  /^\s*[A-Za-z0-9+/_-]{12,}[=\s]*$/
]
/** A character that never stands in a form's name; and an end, since a name without a value is a value itself. */
const UNNAMELY = /[ \t\v\f+'"`()<;|~^]/
const BETWEEN_STRINGS = ' \t\r\n{}[]:,+-.0123456789eEtrufalsn'
const OF_JSON = 0
const OF_FORM = 2
/** Fields of at least this many bytes may be long ones, which are read in another way. */
const STEP = { json: 128, form: 256 } as const

/** Finds, in one pass over a body, the next field in which rules or decoders may find anything: of all others nothing is read twice. */
export class CleanFields {
  readonly #automaton: FieldAutomaton

  constructor(rules: readonly KindRule[], patience: number) {
    const signs = new Map(rules.map((rule) => [rule, signOf(rule)]))
    const patternsIn = (origin: Origin): RegExp[] => [
      ...ENCODED,
      ...rules.filter((rule) => appliesTo(rule, origin, origin.shortReach)).map((rule) => signs.get(rule) as RegExp)
    ]
    this.#automaton = new FieldAutomaton(
      [
        { patterns: [], ends: { '"': OF_JSON + 1 }, mayEnd: 'clean', only: BETWEEN_STRINGS },
        { patterns: patternsIn(ORIGIN.string), ends: { '"': OF_JSON }, mayEnd: 'never', encoding: 'json' },
        { patterns: [...patternsIn(ORIGIN.name), UNNAMELY], ends: { '=': OF_FORM + 1, '&': OF_FORM }, mayEnd: 'empty', encoding: 'form' },
        { patterns: patternsIn(ORIGIN.value), ends: { '&': OF_FORM }, mayEnd: 'clean', encoding: 'form' }
      ],
      patience
    )
  }

  /** Begins a request. */
  begin(): void {
    this.#automaton.begin()
  }

  /**
   * Skips clean fields of `bytes[start, end)`, from between two of them on. O(end - start).
   * @returns where the next field that may hold something begins: at its quote, or the pair's name; or where the layout breaks; or `end`
   */
  skip(layout: Layout, bytes: Uint8Array, start: number, end: number): number {
    const automaton = this.#automaton
    const step = STEP[layout]
    automaton.enter(layout === 'json' ? OF_JSON : OF_FORM)
    let index = start
    for (;;) {
      const to = Math.min(end, index + step)
      index = automaton.run(bytes, index, to)
      const isThrough = index === to
      if (isThrough && index === end && automaton.mayEnd()) return end
      if (automaton.sort === OF_JSON) {
        if (!isThrough) return index
        continue
      }
      let from = index
      while (from > start && bytes[from - 1] !== (layout === 'json' ? 34 : 38)) from -= 1
      if (!isThrough || index === end || index - from >= step) return layout === 'json' ? from - 1 : from
    }
  }
}

/** A pattern that finds a match in every text in which a rule may find something. */
function signOf({ test, sign, literals, begins }: KindRule): RegExp {
  if (typeof test !== 'function') return test
  if (sign !== undefined) return sign
  const words = literals === undefined ? [...(begins ?? [])] : wordsOf(literals)
  return new RegExp(
    words.map((word) => (word.length > 1 && word.startsWith('\n') ? `(?:^|\\n)${escaped(word.slice(1))}` : escaped(word))).join('|'),
    'i'
  )
}

function escaped(word: string): string {
  return word.replace(/\W/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
