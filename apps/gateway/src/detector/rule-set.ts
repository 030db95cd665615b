import { MASK_OF_BYTE, MASK_OF_FORM_BYTE, maskOf } from './character-mask.js'
import type { Origin, Reach } from './field.js'
import { NEVER, ORIGIN, REACH_INDEX, REACHES } from './field.js'
import { FirstWords } from './first-words.js'
import { addTo, LiteralSieve } from './literal-sieve.js'
import { type KindRule, wordsOf } from './rule.js'

const ORIGINS: readonly Origin[] = Object.values(ORIGIN)
const ORDER: Readonly<Record<Reach, number>> = { parameter: 0, string: 1, excerpt: 1, field: 2, document: 3 }
/** Any bit will do. */
const ANY = -1
/** Sets of characters that a rule may need. */
const MOST_NEEDS = 3

/** What a text may hold for fewer literals to do, behind a smaller and faster automaton: a word, prose, or anything. */
const SIEVED = [maskOf('a'), maskOf("a .-'"), ANY]

/**
 * Rules, and what tells quickly which of them may find anything in a text. A read goes once over bytes, up to where a field ends, and
 * leaves behind which characters it holds, as a mask; by that an automaton is chosen that knows no literal which could not stand there.
 * Most fields leave no rule, and are done; no string is made of them.
 */
export class RuleSet {
  readonly rules: readonly KindRule[]
  /** The characters of the last read, by the bits of `MASK_OF_BYTE`. */
  mask = 0
  /** 32-bit words of a set of rules. */
  readonly #words: number
  /** For each of the masks that are told apart. */
  readonly #sieves: readonly LiteralSieve[]
  /** For each rule, the characters of which any one will do as a literal. */
  readonly #characters: Int32Array
  /** For each origin and reach, the set of the rules that apply. */
  readonly #applying: Int32Array
  /** For each rule, the masks of its needs, and of what must not be there. */
  readonly #needs: Int32Array
  readonly #lacks: Int32Array
  readonly #firstWords: readonly (FirstWords | undefined)[]
  /** Rules that wait for a character, or for none; and the characters that concern any of them, for each origin and reach. */
  readonly #unanchored: number[] = []
  readonly #concerning: Int32Array
  readonly #found: Int32Array
  #anyFound = false

  constructor(rules: readonly KindRule[]) {
    this.rules = rules
    this.#words = Math.ceil(rules.length / 32)
    const byLiteral = new Map<string, number[]>()
    this.#found = new Int32Array(this.#words)
    this.#needs = new Int32Array(rules.length * MOST_NEEDS).fill(ANY)
    this.#lacks = new Int32Array(rules.length)
    this.#firstWords = rules.map(firstWordsOf)
    this.#characters = new Int32Array(rules.length)
    rules.forEach((rule, index) => {
      if (rule.literals === undefined && rule.begins === undefined)
        throw new TypeError(`rule ${rule.id} needs literals, or words to begin with`)
      const literals = rule.literals === undefined ? [] : wordsOf(rule.literals)
      for (const literal of literals) {
        if (literal.length === 1) (this.#characters[index] as number) |= maskOf(literal)
        else byLiteral.set(literal, [...(byLiteral.get(literal) ?? []), index])
      }
      if (rule.literals === undefined) this.#characters[index] = ANY
      if (this.#characters[index] !== 0) this.#unanchored.push(index)
      const needs = rule.needs === undefined ? [] : wordsOf(rule.needs)
      if (needs.length > MOST_NEEDS) throw new TypeError(`rule ${rule.id} needs more than ${MOST_NEEDS} sets of characters`)
      for (const [at, set] of needs.entries()) this.#needs[index * MOST_NEEDS + at] = maskOf(set)
      this.#lacks[index] = maskOf(rule.lacks ?? '')
    })
    this.#sieves = SIEVED.map((held) => new LiteralSieve(this.#literalsWithin(byLiteral, held), this.#words))
    this.#applying = new Int32Array(ORIGINS.length * REACHES.length * this.#words)
    this.#concerning = new Int32Array(ORIGINS.length * REACHES.length)
    for (const [place, [origin, reach]] of contexts().entries()) {
      rules.forEach((rule, index) => {
        if (!appliesTo(rule, origin, reach)) return
        addTo(this.#applying, place * this.#words, index)
        const characters = this.#characters[index] as number
        ;(this.#concerning[place] as number) |= characters === ANY ? (this.#needs[index * MOST_NEEDS] as number) : characters
      })
    }
  }

  /**
   * Reads `bytes[start, end)`, or up to one of two bytes that end a field; an escape byte and the one behind it end none. O(length).
   * @param stop - the byte that ends the field, or {@link NEVER}; so are `otherStop` and `escapeByte`
   * @param isForm - whether a plus is a blank
   * @returns where it stopped
   */
  read(bytes: Uint8Array, start: number, end: number, stop: number, otherStop: number, escapeByte: number, isForm: boolean): number {
    const masks = isForm ? MASK_OF_FORM_BYTE : MASK_OF_BYTE
    let mask = 0
    let index = start
    let escaped = NEVER
    for (; index < end; index += 1) {
      const byte = bytes[index] as number
      if (byte === stop || byte === otherStop) {
        if (index !== escaped) break
      } else if (byte === escapeByte && index !== escaped) {
        escaped = index + 1
      }
      mask |= masks[byte] as number
    }
    this.mask = mask
    return index
  }

  /** Whether rules that apply in `context` may wait for anything in what was read; most often not, and this tells quickly. O(length). */
  sift(context: number, bytes: Uint8Array, start: number, end: number, isForm: boolean): boolean {
    if (this.#anyFound) this.#found.fill(0)
    let level = 0
    while ((this.mask & ~(SIEVED[level] as number)) !== 0) level += 1
    this.#anyFound = (this.#sieves[level] as LiteralSieve).sift(bytes, start, end, isForm, this.#found)
    return this.#concerns(context)
  }

  #concerns(context: number): boolean {
    return this.#anyFound || (this.mask & (this.#concerning[context] as number)) !== 0
  }

  /**
   * Writes the rules that may find something in what was read, `bytes[start, end)`, into `target`.
   * @param context - see {@link contextOf}
   * @returns how many they are
   */
  candidates(target: Int32Array, context: number, bytes: Uint8Array, start: number, end: number): number {
    if (!this.#concerns(context)) return 0
    for (const rule of this.#unanchored) if ((this.mask & (this.#characters[rule] as number)) !== 0) addTo(this.#found, 0, rule)
    this.#anyFound = true
    const from = context * this.#words
    let count = 0
    for (let word = 0; word < this.#words; word += 1) {
      let bits = (this.#found[word] as number) & (this.#applying[from + word] as number)
      while (bits !== 0) {
        const rule = word * 32 + 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        if (!this.#mayFind(rule, bytes, start, end)) continue
        target[count] = rule
        count += 1
      }
    }
    return count
  }

  #mayFind(rule: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { mask } = this
    const at = rule * MOST_NEEDS
    if ((mask & (this.#lacks[rule] as number)) !== 0) return false
    for (let need = at; need < at + MOST_NEEDS; need += 1) if ((mask & (this.#needs[need] as number)) === 0) return false
    const words = this.#firstWords[rule]
    if (words === undefined) return true
    return this.rules[rule]?.follows === undefined ? words.mayBegin(bytes, start, end) : words.mayFollow(bytes, start, end)
  }

  /** The literals that may stand in a text of the characters `held`, for rules whose needs such a text may meet. */
  #literalsWithin(byLiteral: ReadonlyMap<string, readonly number[]>, held: number): ReadonlyMap<string, readonly number[]> {
    const within = new Map<string, readonly number[]>()
    for (const [literal, rules] of byLiteral) {
      if ((maskOf(literal.trimStart()) & ~held) !== 0) continue
      const able = rules.filter((rule) =>
        this.#needs.subarray(rule * MOST_NEEDS, (rule + 1) * MOST_NEEDS).every((need) => (need & held) !== 0)
      )
      if (able.length > 0) within.set(literal, able)
    }
    return within
  }
}

function firstWordsOf({ begins, follows }: KindRule): FirstWords | undefined {
  const words = begins ?? follows
  return words === undefined ? undefined : new FirstWords(words)
}

function contexts(): readonly (readonly [Origin, Reach])[] {
  return ORIGINS.flatMap((origin) => REACHES.map((reach) => [origin, reach] as const))
}

/** The number of an origin and a reach together. */
export function contextOf(origin: Origin, reach: Reach): number {
  return origin.index * REACHES.length + REACH_INDEX[reach]
}

/** Whether `rule` applies to a text from `origin` of `reach`. */
export function appliesTo(rule: KindRule, origin: Origin, reach: Reach): boolean {
  if (ORDER[rule.reach] < ORDER[reach] || (reach === 'excerpt' && rule.wholeOnly)) return false
  if (rule.only !== undefined && !rule.only.includes(origin.name)) return false
  return rule.except === undefined || !rule.except.includes(origin.name)
}
