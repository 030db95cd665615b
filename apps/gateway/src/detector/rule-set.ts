import { maskOf } from './character-mask.js'
import type { Origin, Reach } from './field.js'
import { ORIGIN, REACH_INDEX, REACHES } from './field.js'
import { FirstWords } from './first-words.js'
import { addTo, LiteralSieve } from './literal-sieve.js'
import { type KindRule, wordsOf } from './rule.js'

const ORIGINS: readonly Origin[] = Object.values(ORIGIN)
const ORDER: Readonly<Record<Reach, number>> = { parameter: 0, string: 1, excerpt: 1, field: 2, document: 3 }
/** Any bit will do. */
const ANY = -1
/** Outlooks that are remembered: of ordinary messages a few dozen. */
const OUTLOOK_BITS = 11
/** Rules are possible that wait for no literal; and such as do. */
const SOME_READY = 1
const SOME_WAIT = 2

/** The kinds of text, each of which needs fewer literals, behind a smaller and faster automaton: a word, prose, or anything. */
const SIEVED = [maskOf('a'), maskOf("a .-'"), ANY]

/** The condition under which a rule runs. */
interface Awaited {
  /** Sets of characters of which a text must hold one each. */
  readonly needs: readonly number[]
  readonly lacks: number
  /** Characters of which any one will do as a literal. */
  readonly characters: number
  /** The characters of each literal that is longer; a text must hold those of one. */
  readonly literals: readonly number[]
  readonly words: FirstWords | undefined
}

/**
 * Rules, and a quick way to find those that may match in a text. A text is read up to its end, which gives the
 * characters that it holds as a mask. The mask alone rules most rules out, since its meaning is remembered; the rest is left to an automaton
 * of the literals that could stand there. Most texts leave no rule, and no string is made of them.
 */
export class RuleSet {
  readonly rules: readonly KindRule[]
  readonly #awaited: readonly Awaited[]
  /** 32-bit words of a set of rules. */
  readonly #words: number
  readonly #byLiteral = new Map<string, number[]>()
  /** For each of the masks that differ, once it is needed. */
  readonly #sieves: (LiteralSieve | undefined)[] = []
  /** For each origin and reach, the set of the rules that apply. */
  readonly #applying: Int32Array
  /** For each outlook that is remembered: its mask and context; and the sets of rules that are possible, and that wait for no literal. */
  readonly #masks: Int32Array
  readonly #contexts: Int32Array
  readonly #possible: Int32Array
  readonly #ready: Int32Array
  readonly #found: Int32Array
  #isFound = false

  constructor(rules: readonly KindRule[]) {
    this.rules = rules
    this.#words = Math.ceil(rules.length / 32)
    this.#awaited = rules.map(awaitedBy)
    rules.forEach((rule, index) => {
      for (const literal of wordsOf(rule.literals ?? '')) {
        if (literal.length > 1) this.#byLiteral.set(literal, [...(this.#byLiteral.get(literal) ?? []), index])
      }
    })
    this.#applying = new Int32Array(ORIGINS.length * REACHES.length * this.#words)
    for (const [context, [origin, reach]] of contexts().entries()) {
      rules.forEach((rule, index) => {
        if (appliesTo(rule, origin, reach)) addTo(this.#applying, context * this.#words, index)
      })
    }
    this.#masks = new Int32Array(1 << OUTLOOK_BITS)
    this.#contexts = new Int32Array(1 << OUTLOOK_BITS).fill(ANY)
    // A further word of each shows its sort.
    this.#possible = new Int32Array((this.#words + 1) << OUTLOOK_BITS)
    this.#ready = new Int32Array((this.#words + 1) << OUTLOOK_BITS)
    this.#found = new Int32Array(this.#words)
  }

  /**
   * The rules that may match in texts of the characters `mask` in `context`; see {@link contextOf}.
   * @returns a number for {@link candidates}, or -1 where no rule may match. O(1) where it is remembered.
   */
  outlook(context: number, mask: number): number {
    const slot = Math.imul(mask ^ (context << 24), 0x9e3779b1) >>> (32 - OUTLOOK_BITS)
    if (this.#masks[slot] !== mask || this.#contexts[slot] !== context) this.#remember(slot, context, mask)
    return this.#possible[slot * (this.#words + 1) + this.#words] === 0 ? -1 : slot
  }

  #remember(slot: number, context: number, mask: number): void {
    this.#masks[slot] = mask
    this.#contexts[slot] = context
    const from = slot * (this.#words + 1)
    this.#possible.fill(0, from, from + this.#words + 1)
    this.#ready.fill(0, from, from + this.#words + 1)
    this.#awaited.forEach(({ needs, lacks, characters, literals }, rule) => {
      if (((this.#applying[context * this.#words + (rule >> 5)] as number) & (1 << (rule & 31))) === 0) return
      if ((mask & lacks) !== 0 || !needs.every((need) => (need & mask) !== 0)) return
      const isReady = (mask & characters) !== 0
      if (isReady) addTo(this.#ready, from, rule)
      else if (!literals.some((literal) => (literal & ~mask) === 0)) return
      addTo(this.#possible, from, rule)
      ;(this.#possible[from + this.#words] as number) |= isReady ? SOME_READY : SOME_WAIT
    })
  }

  /**
   * Writes the rules that may find something in `bytes[start, end)` into `target`.
   * @param outlook - of the text's context and `mask`
   * @returns how many they are
   */
  candidates(target: Int32Array, outlook: number, mask: number, bytes: Uint8Array, start: number, end: number, isForm: boolean): number {
    const from = outlook * (this.#words + 1)
    const some = this.#possible[from + this.#words] as number
    if (this.#isFound) this.#found.fill(0)
    this.#isFound = (some & SOME_WAIT) !== 0 && this.#sieveOf(mask).sift(bytes, start, end, isForm, this.#found)
    if (!this.#isFound && (some & SOME_READY) === 0) return 0
    let count = 0
    for (let word = 0; word < this.#words; word += 1) {
      let bits = ((this.#found[word] as number) | (this.#ready[from + word] as number)) & (this.#possible[from + word] as number)
      while (bits !== 0) {
        const rule = word * 32 + 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        if (!this.#mayBegin(rule, bytes, start, end)) continue
        target[count] = rule
        count += 1
      }
    }
    return count
  }

  #mayBegin(rule: number, bytes: Uint8Array, start: number, end: number): boolean {
    const words = this.#awaited[rule]?.words
    if (words === undefined) return true
    return this.rules[rule]?.follows === undefined ? words.mayBegin(bytes, start, end) : words.mayFollow(bytes, start, end)
  }

  #sieveOf(mask: number): LiteralSieve {
    let level = 0
    while ((mask & ~(SIEVED[level] as number)) !== 0) level += 1
    this.#sieves[level] ??= new LiteralSieve(this.#literalsWithin(SIEVED[level] as number), this.#words)
    return this.#sieves[level] as LiteralSieve
  }

  /** The literals that may stand in a text of the characters `held`, for rules whose needs such a text may meet. */
  #literalsWithin(held: number): ReadonlyMap<string, readonly number[]> {
    const within = new Map<string, readonly number[]>()
    for (const [literal, rules] of this.#byLiteral) {
      if ((maskOf(literal.trimStart()) & ~held) !== 0) continue
      const able = rules.filter((rule) => this.#awaited[rule]?.needs.every((need) => (need & held) !== 0))
      if (able.length > 0) within.set(literal, able)
    }
    return within
  }
}

function awaitedBy(rule: KindRule): Awaited {
  if (rule.literals === undefined && rule.begins === undefined)
    throw new TypeError(`rule ${rule.id} needs literals, or words to begin with`)
  const literals = rule.literals === undefined ? [] : wordsOf(rule.literals)
  const words = rule.begins ?? rule.follows
  const longer = literals.filter((literal) => literal.length > 1).map((literal) => maskOf(literal.trimStart()))
  return {
    needs: rule.needs === undefined ? [] : wordsOf(rule.needs).map(maskOf),
    lacks: maskOf(rule.lacks ?? ''),
    characters:
      rule.literals === undefined ? ANY : literals.filter((literal) => literal.length === 1).reduce((mask, one) => mask | maskOf(one), 0),
    literals: [...new Set(longer)],
    words: words === undefined ? undefined : new FirstWords(words)
  }
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
