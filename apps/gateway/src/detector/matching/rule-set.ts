import type { Origin, Reach } from '../fields/field.js'
import { ORIGIN, REACH_INDEX, REACHES } from '../fields/field.js'
import type { Layout } from '../fields/layout.js'
import { type KindRule, wordsOf } from '../rule.js'
import { FirstWords } from './first-words.js'
import { graphOf } from './graph-file.js'
import { LiteralSieve } from './literal-sieve.js'
import type { Graph } from './pattern-graph.js'
import { RuleAutomaton } from './rule-automaton.js'

const ORIGINS: readonly Origin[] = Object.values(ORIGIN)
const ORDER: Readonly<Record<Reach, number>> = { parameter: 0, string: 1, excerpt: 1, field: 2, document: 3 }

/** Any encoding that can be nested in another, and characters that imitate ASCII ones: overlong, full-width, typographic, invisible. */
const NESTED =
  /%[0-9a-f]{2}|%u[0-9a-f]{4}|&(?:#|lt|gt|amp|quot|apos|colon|semi|tab|newline|nbsp|[lr]par|[lr]brace|[lr]cub|[lr]brack|dollar|b?sol|period|comma|equals|grave|verbar|num|excl|lowbar|percnt)|\\x[0-9a-f]{2}|\\u(?:[0-9a-f]{4}|\{)|\xc2[\xa0\xad\xb4]|\xca[\xb9\xbc]|\xe2[\x80\x81\x88\x91-\x93]|\xe3\x80[\x80\x82]|\xef[\xbb-\xbf]|[\xc0\xc1\xf8-\xfd]|[\xe0\xf0][\x80-\x8f]/
/** Signs that shells and databases skip in a word or between two; not the apostrophes of `don't` and `it's`. */
const DISGUISE = /\/\*|\*\/|[\w'"]['"](?:[a-rA-Ru-zU-Z\d_'"]|[sStT][\w'"])|[\\^]\w|\$(?:\(\)|[$@*?!]|\{?IFS)|\w\$\w(?!\w)/

/** The bits of these two, which stand before all other patterns. */
const IS_NESTED = 1
const IS_DISGUISED = 2

/** The graph of each list of rules: sets of one list share it, since it takes some 200 ms of CPU to make, and is only read. */
const graphs = new WeakMap<readonly KindRule[], Graph>()

/** Rules, and a quick way to find those that may find something in a text. Most texts leave no rule, and no string is made of them. */
export class RuleSet {
  readonly rules: readonly KindRule[]
  readonly #automaton: RuleAutomaton
  readonly #words: readonly (FirstWords | undefined)[]
  /** For each context and pattern, the rules of that pattern that apply. */
  readonly #rulesOf: readonly (readonly (readonly number[])[])[]
  /** For each context, the patterns with such rules and the patterns of encodings that are decoded there, as bits. */
  readonly #applying: readonly Int32Array[]
  readonly #required: readonly (readonly string[])[]
  /** Made when a text is first lost. */
  #sieve: LiteralSieve | undefined

  /** @param isBounded - whether the work of learning texts is; not so in tests that want each way of it gone */
  constructor(rules: readonly KindRule[], isBounded: boolean) {
    this.rules = rules
    const rulesOf = rulesByPattern(rules)
    const graph = graphs.get(rules) ?? graphOf([...rulesOf.keys()])
    graphs.set(rules, graph)
    this.#automaton = new RuleAutomaton(graph, isBounded)
    this.#required = graph.required
    const lists = new Map<Iterable<string>, FirstWords>()
    this.#words = rules.map(({ begins, follows }) => {
      const list = begins ?? follows
      if (list === undefined) return undefined
      const known = lists.get(list) ?? new FirstWords(list)
      lists.set(list, known)
      return known
    })
    const contexts = ORIGINS.flatMap((origin) => REACHES.map((reach) => [origin, reach] as const))
    this.#rulesOf = contexts.map(([origin, reach]) =>
      [...rulesOf.values()].map((list) => list.filter((rule) => appliesTo(rules[rule] as KindRule, origin, reach)))
    )
    this.#applying = this.#rulesOf.map((lists, context) => {
      const applying = new Int32Array(this.#automaton.found.length)
      applying[0] = contexts[context]?.[1] === 'parameter' ? IS_NESTED | IS_DISGUISED : IS_NESTED
      for (const [pattern, list] of lists.entries()) if (list.length > 0) (applying[pattern >> 5] as number) |= 1 << (pattern & 31)
      return applying
    })
  }

  /** Begins a request. */
  begin(): void {
    this.#automaton.begin()
  }

  /**
   * Reads the text of `layout` that begins at `start`. O(length).
   * @param context - see {@link contextOf}; it has every rule that may run on the text
   * @returns where it ends, or `end`
   */
  read(bytes: Buffer, start: number, end: number, layout: Layout, context: number): number {
    return this.#automaton.read(bytes, start, end, layout, this.#applying[context] as Int32Array)
  }

  /** Whether no rule may find anything in the last text read, as it is or decoded, but for base64. */
  get isClean(): boolean {
    return !this.#automaton.isAny && !this.#automaton.isLost
  }

  /** Whether the last text read may hold a nested encoding. */
  get isNested(): boolean {
    return this.#automaton.isLost || ((this.#automaton.found[0] as number) & IS_NESTED) !== 0
  }

  /** Whether the last text read may hold signs that shells and databases skip. */
  get isDisguised(): boolean {
    return this.#automaton.isLost || ((this.#automaton.found[0] as number) & IS_DISGUISED) !== 0
  }

  /** Whether any rule that applies in `context` may find something in the last text read, as it is or decoded. */
  mayFind(context: number): boolean {
    const { isAny, isLost, found } = this.#automaton
    if (!isAny) return isLost
    const applying = this.#applying[context] as Int32Array
    for (let word = 0; word < found.length; word += 1) if (((found[word] as number) & (applying[word] as number)) !== 0) return true
    return isLost
  }

  /**
   * Writes the rules that apply in `context` and may find something in the last text read into `target`.
   * @param bytes - at `start` to `end` that text, or what it was decoded to
   * @returns how many they are
   */
  candidates(target: Int32Array, context: number, bytes: Uint8Array, start: number, end: number): number {
    const { found, isLost } = this.#automaton
    let sifted = found
    if (isLost) {
      this.#sieve ??= new LiteralSieve(this.#required)
      sifted = this.#sieve.sift(bytes, start, end)
    }
    const applying = this.#applying[context] as Int32Array
    const rulesOf = this.#rulesOf[context] as readonly (readonly number[])[]
    let count = 0
    for (let word = 0; word < sifted.length; word += 1) {
      let bits = (sifted[word] as number) & (applying[word] as number)
      while (bits !== 0) {
        const pattern = word * 32 + 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        for (const rule of rulesOf[pattern] as readonly number[]) {
          if (!this.#mayBegin(rule, bytes, start, end)) continue
          target[count] = rule
          count += 1
        }
      }
    }
    return count
  }

  #mayBegin(rule: number, bytes: Uint8Array, start: number, end: number): boolean {
    const words = this.#words[rule]
    if (words === undefined) return true
    return this.rules[rule]?.follows === undefined ? words.mayBegin(bytes, start, end) : words.mayFollow(bytes, start, end)
  }
}

/** The patterns that a set of `rules` looks for, and for each of them the rules that need it; the first two tell of encodings alone. */
export function rulesByPattern(rules: readonly KindRule[]): ReadonlyMap<RegExp, readonly number[]> {
  const rulesOf = new Map<RegExp, number[]>([NESTED, DISGUISE].map((pattern) => [pattern, []]))
  for (const [index, rule] of rules.entries()) {
    const sign = signOf(rule)
    rulesOf.set(sign, [...(rulesOf.get(sign) ?? []), index])
  }
  return rulesOf
}

/** A pattern that finds a match in every text in which a rule may find something. */
function signOf({ id, test, sign, literals, begins }: KindRule): RegExp {
  if (typeof test !== 'function') return test
  if (sign !== undefined) return sign
  if (literals === undefined && begins === undefined) throw new TypeError(`rule ${id} needs literals, or words to begin with`)
  const words = literals === undefined ? [...(begins ?? [])] : wordsOf(literals)
  return new RegExp(
    words.map((word) => (word.length > 1 && word.startsWith('\n') ? `(?:^|\\n)${escaped(word.slice(1))}` : escaped(word))).join('|'),
    'i'
  )
}

function escaped(word: string): string {
  return word.replace(/\W/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The number of an origin and a reach together. */
export function contextOf(origin: Origin, reach: Reach): number {
  return origin.index * REACHES.length + REACH_INDEX[reach]
}

const SHORT = ORIGINS.map((origin) => contextOf(origin, origin.shortReach))

/** The same of a short text: all rules that apply to longer texts of `origin`, or parts of them, apply there too. */
export function shortContextOf(origin: Origin): number {
  return SHORT[origin.index] as number
}

/** Whether `rule` applies to a text from `origin` of `reach`. */
export function appliesTo(rule: KindRule, origin: Origin, reach: Reach): boolean {
  if (ORDER[rule.reach] < ORDER[reach] || (reach === 'excerpt' && rule.wholeOnly)) return false
  if (rule.only !== undefined && !rule.only.includes(origin.name)) return false
  return rule.except === undefined || !rule.except.includes(origin.name)
}
