import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { requiredTexts } from './required-texts.js'

/** The action of a node of the graph; `next` nodes follow it. */
export const NODE = { split: 0, byte: 1, guard: 2, found: 3 } as const
/** The demand of a guard besides a set of bytes beside it. */
export const GUARD = { before: 1, after: 2, negated: 4, edge: 8, wordEdge: 16 } as const
/** The bits of a guard's demand. */
export const GUARD_BITS = 5

const MOST_COPIES = 16
const BYTES = 256
/** The set of all bytes. */
const ANY = 0
const NONE = new Uint8Array(BYTES)

const SPACE = 32
const LETTER = 101
const LEAST_SHARE = 1e-6
/** How often each byte stands in ordinary text, about. */
const FREQUENCY = new Float64Array(BYTES).fill(0.0005, 128).fill(0.0005, 0, 32).fill(0.0015, 32, 127).fill(0.006, 48, 58)
for (const [index, letter] of [...'etaoinsrhldcumfpgwybvkxjqz'].entries()) {
  FREQUENCY[letter.charCodeAt(0)] = 0.092 * 0.87 ** index
  FREQUENCY[letter.toUpperCase().charCodeAt(0)] = 0.003 * 0.87 ** index
}
for (const sign of '.,-:/') FREQUENCY[sign.charCodeAt(0)] = 0.006
for (const sign of '{}|`^~\\$') FREQUENCY[sign.charCodeAt(0)] = 0.0005
FREQUENCY[SPACE] = 0.13

/** Groups in a row that are read with what follows each of their alternatives. */
const MOST_DEPTH = 2
/** A part that tells so much is as good as one that tells more. */
const ENOUGH_BITS = 30
/** Parts of a pattern, of which each match holds one, and how much they tell at least. */
interface Telling {
  readonly parts: readonly (readonly AST.Element[])[]
  readonly bits: number
}

/** A set of bytes, as 256 flags. */
export type ByteSet = Uint8Array

/** The contents of a graph, for an automaton. */
export interface Graph {
  /** The node where all patterns begin. */
  readonly start: number
  readonly kind: readonly number[]
  /** For a byte, its set; for a guard, its demand and, above `GUARD_BITS`, the set of the byte beside it; for a find, the number of the pattern. */
  readonly value: readonly number[]
  /** The nodes that follow each node, one list behind the other; and where the list of each begins, with the end of the last. */
  readonly next: readonly number[]
  readonly from: readonly number[]
  readonly sets: readonly ByteSet[]
  /** For each pattern, see {@link requiredTexts}. */
  readonly required: readonly (readonly string[])[]
}

/**
 * Patterns as one graph (Thompson, 1968) that finds at least all places that the patterns find: a bound on repeats is only a lower bound there, a back
 * reference matches anything, letters have no case, and guards that look further than one byte ahead or back are left out.
 */
export class PatternGraph implements Graph {
  readonly start: number
  readonly kind: number[] = []
  readonly value: number[] = []
  readonly next: readonly number[]
  readonly from: readonly number[]
  readonly sets: ByteSet[] = [new Uint8Array(BYTES).fill(1)]
  readonly required: readonly (readonly string[])[]
  readonly #next: number[][] = []
  readonly #known = new Map<string, number>()
  readonly #ofCharacter: number[] = []
  readonly #starts = new Map<string, number>()
  /** For each set, the share of ordinary text that is in it. */
  readonly #shares: number[] = [1]
  readonly #bits = new Map<AST.Element, number>()
  readonly #loops = new Map<AST.Element, boolean>()
  readonly #parser = new RegExpParser({ ecmaVersion: 2018 })

  /** @param patterns - each is found as its number */
  constructor(patterns: readonly RegExp[]) {
    const starts = patterns.map(({ source, flags }, number) => {
      const { alternatives } = this.#parser.parsePattern(source)
      const { parts } = this.#tellingIn(elementsOf(alternatives), flags)
      const start = this.#alternatives(parts, flags, this.#node(NODE.found, number, []))
      this.#starts.clear()
      this.#bits.clear()
      this.#loops.clear()
      return start
    })
    this.start = this.#node(NODE.split, 0, starts)
    this.required = patterns.map(requiredTexts)
    let from = 0
    this.from = [0, ...this.#next.map(({ length }) => (from += length))]
    this.next = this.#next.flat()
    this.#next.length = 0
  }

  /** The part that tells most of each alternative, without a loop over words: each match holds one of them. */
  #tellingIn(alternatives: readonly (readonly AST.Element[])[], flags: string, depth = 0): Telling {
    const each = alternatives.map((elements) => this.#mostTelling(elements, flags, depth))
    return { parts: each.flatMap(({ parts }) => parts), bits: Math.min(...each.map(({ bits }) => bits)) }
  }

  #mostTelling(elements: readonly AST.Element[], flags: string, depth: number): Telling {
    let best: Telling = { parts: [[]], bits: 0 }
    let run: AST.Element[] = []
    const offer = (one: Telling): void => {
      if (Math.min(one.bits, ENOUGH_BITS) > best.bits) best = one
    }
    const close = (): void => offer({ parts: [run], bits: run.reduce((sum, one) => sum + this.#bitsOf(one, flags), 0) })
    for (const [at, element] of elements.entries()) {
      if (!this.#holdsLoop(element, flags)) {
        run.push(element)
        continue
      }
      close()
      const inner = element.type === 'Quantifier' ? element.element : element
      if (inner.type === 'Group' || inner.type === 'CapturingGroup') {
        const [before, behind] = [run, elements.slice(at + 1)]
        const isRepeated = element.type === 'Quantifier' && element.max > 1
        const alternatives = inner.alternatives.map((one) => [...(isRepeated ? [] : before), ...one.elements])
        // The elements behind a repetition follow its last round, or those before it.
        if (element.type === 'Quantifier' && element.min === 0) alternatives.push(before)
        const goesOn = depth < MOST_DEPTH
        offer(this.#tellingIn(goesOn ? alternatives.map((one) => [...one, ...behind]) : alternatives, flags, depth + 1))
        if (goesOn) return best
      }
      run = []
    }
    close()
    return best
  }

  /** Whether an element holds a loop that may go on over words. */
  #holdsLoop(element: AST.Element, flags: string): boolean {
    const known = this.#loops.get(element) ?? this.#findLoop(element, flags)
    this.#loops.set(element, known)
    return known
  }

  #findLoop(element: AST.Element, flags: string): boolean {
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return element.alternatives.some(({ elements }) => elements.some((one) => this.#holdsLoop(one, flags)))
      case 'Quantifier': {
        if (this.#holdsLoop(element.element, flags)) return true
        if (element.max <= 1) return false
        const set = this.#bytesIn(element.element, flags)
        return set[SPACE] === 1 && set[LETTER] === 1
      }
      case 'Backreference':
        return true
      default:
        return false
    }
  }

  /** The bytes that an element may take, at any place in it. */
  #bytesIn(element: AST.Element, flags: string): ByteSet {
    const set = new Uint8Array(BYTES)
    const add = (one: ByteSet): void =>
      one.forEach((flag, byte) => {
        if (flag === 1) set[byte] = 1
      })
    if (element.type === 'Group' || element.type === 'CapturingGroup')
      for (const { elements } of element.alternatives) for (const one of elements) add(this.#bytesIn(one, flags))
    else if (element.type === 'Quantifier') add(this.#bytesIn(element.element, flags))
    else if (element.type !== 'Assertion' && element.type !== 'Backreference') add(this.sets[this.#setOf(element, flags)] as ByteSet)
    return set
  }

  /** How much an element tells: the number of bits by which it makes ordinary text rare. */
  #bitsOf(element: AST.Element, flags: string): number {
    const known = this.#bits.get(element) ?? this.#countBits(element, flags)
    this.#bits.set(element, known)
    return known
  }

  #countBits(element: AST.Element, flags: string): number {
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return Math.min(...element.alternatives.map(({ elements }) => elements.reduce((sum, one) => sum + this.#bitsOf(one, flags), 0)))
      case 'Quantifier':
        return Math.min(element.min, MOST_COPIES) * this.#bitsOf(element.element, flags)
      case 'Assertion':
        return this.#bitsBeside(element, flags)
      case 'Backreference':
        return 0
      default:
        return -Math.log2(this.#shareOf(element, flags))
    }
  }

  /** How much a demand on the bytes around a place tells. */
  #bitsBeside(assertion: AST.Assertion, flags: string): number {
    if (assertion.kind === 'word') return 1.5
    if (assertion.kind !== 'lookahead' && assertion.kind !== 'lookbehind') return 4
    const [only, ...others] = assertion.alternatives.flatMap(({ elements }) => elements)
    if (others.length > 0 || (only?.type !== 'Character' && only?.type !== 'CharacterClass' && only?.type !== 'CharacterSet')) return 0
    const share = this.#shareOf(only, flags)
    return -Math.log2(assertion.negate ? Math.max(LEAST_SHARE, 1 - share) : share)
  }

  /** The share of ordinary text that an element takes. */
  #shareOf(element: AST.Element, flags: string): number {
    return this.#shares[this.#setOf(element, flags)] as number
  }

  #node(kind: number, value: number, next: number[]): number {
    this.kind.push(kind)
    this.value.push(value)
    this.#next.push(next)
    return this.kind.length - 1
  }

  /** The nodes of alternatives from their element `from` on. Those that go on with the same letter share its node, so that words are a tree. */
  #alternatives(alternatives: readonly (readonly AST.Element[])[], flags: string, end: number, from = 0): number {
    const starts: number[] = []
    const sharing = new Map<number, (readonly AST.Element[])[]>()
    for (const elements of alternatives) {
      const first = elements[from]
      if (first?.type !== 'Character' || alternatives.length === 1) {
        let start = end
        for (let at = elements.length - 1; at >= from; at -= 1) start = this.#element(elements[at] as AST.Element, flags, start)
        starts.push(start)
        continue
      }
      const set = this.#setOf(first, flags)
      const others = sharing.get(set)
      if (others === undefined) sharing.set(set, [elements])
      else others.push(elements)
    }
    for (const [set, rests] of sharing) starts.push(this.#node(NODE.byte, set, [this.#alternatives(rests, flags, end, from + 1)]))
    return starts.length === 1 ? (starts[0] as number) : this.#node(NODE.split, 0, starts)
  }

  /** The node of an element before the node `end`; the same where parts of a pattern share what follows. */
  #element(element: AST.Element, flags: string, end: number): number {
    const key = `${end}${flags}/${element.raw}`
    const start = this.#starts.get(key) ?? this.#newElement(element, flags, end)
    this.#starts.set(key, start)
    return start
  }

  #newElement(element: AST.Element, flags: string, end: number): number {
    switch (element.type) {
      case 'Group':
      case 'CapturingGroup':
        return this.#alternatives(elementsOf(element.alternatives), flags, end)
      case 'Quantifier':
        return this.#quantifier(element, flags, end)
      case 'Assertion':
        return this.#assertion(element, flags, end)
      case 'Backreference': {
        const loop = this.#node(NODE.split, 0, [end])
        this.#next[loop]?.push(this.#node(NODE.byte, ANY, [loop]))
        return loop
      }
      default:
        return this.#node(NODE.byte, this.#setOf(element, flags), [end])
    }
  }

  #quantifier({ min, max, element }: AST.Quantifier, flags: string, end: number): number {
    let start = end
    if (max > 1 || min > 1) {
      if (max > min) {
        start = this.#node(NODE.split, 0, [end])
        this.#next[start]?.push(this.#element(element, flags, start))
      }
    } else if (max === 1 && min === 0) {
      start = this.#node(NODE.split, 0, [end, this.#element(element, flags, end)])
    }
    for (let copies = Math.min(min, MOST_COPIES); copies > 0; copies -= 1) start = this.#element(element, flags, start)
    return start
  }

  #assertion(assertion: AST.Assertion, flags: string, end: number): number {
    switch (assertion.kind) {
      case 'start':
        return this.#guard(GUARD.before | GUARD.edge, NONE, end)
      case 'end':
        return this.#guard(GUARD.after | GUARD.edge, NONE, end)
      case 'word':
        return this.#guard(GUARD.wordEdge | (assertion.negate ? GUARD.negated : 0), NONE, end)
      default: {
        // A guard keeps sides of one byte each, and the text's edge; longer sides are dropped.
        let asked = assertion.kind === 'lookahead' ? GUARD.after : GUARD.before
        if (assertion.negate) asked |= GUARD.negated
        const set = new Uint8Array(BYTES)
        for (const { elements } of assertion.alternatives) {
          const [only] = elements
          if (elements.length !== 1 || only === undefined) {
            if (assertion.negate) continue
            return end
          }
          if (only.type === 'Assertion' && (only.kind === 'start' || only.kind === 'end')) asked |= GUARD.edge
          else if (only.type === 'Character' || only.type === 'CharacterClass' || only.type === 'CharacterSet') {
            const one = this.sets[this.#setOf(only, flags, !assertion.negate)] as ByteSet
            for (let byte = 0; byte < BYTES; byte += 1) set[byte] = (set[byte] as number) | (one[byte] as number)
          } else if (!assertion.negate) return end
        }
        return this.#guard(asked, set, end)
      }
    }
  }

  #guard(asked: number, set: ByteSet, end: number): number {
    return this.#node(NODE.guard, asked | (this.#numberOf(set) << GUARD_BITS), [end])
  }

  /** The number of the set of bytes that one element takes: letters in any case, unless the set is of those that must not stand there. */
  #setOf(element: AST.Element, flags: string, isCaseless = true): number {
    if (element.type !== 'Character' || element.value >= 128 || !isCaseless) return this.#findSet(element, flags, isCaseless)
    const known = this.#ofCharacter[element.value] ?? this.#findSet(element, flags, true)
    this.#ofCharacter[element.value] = known
    return known
  }

  #findSet(element: AST.Element, flags: string, isCaseless: boolean): number {
    const key = `${isCaseless}${flags}/${element.raw}`
    let index = this.#known.get(key)
    if (index === undefined) {
      const set = new Uint8Array(BYTES)
      if (element.type === 'Character' && element.value < 128) set[element.value] = 1
      else {
        const one = new RegExp(element.raw, `${flags.includes('i') ? 'i' : ''}${isCaseless || flags.includes('s') ? 's' : ''}`)
        for (let byte = 0; byte < BYTES; byte += 1) if (one.test(String.fromCharCode(byte))) set[byte] = 1
      }
      if (isCaseless || flags.includes('i'))
        for (let small = 97; small <= 122; small += 1) set[small] = set[small - 32] = (set[small] as number) | (set[small - 32] as number)
      index = this.#numberOf(set)
      this.#known.set(key, index)
    }
    return index
  }

  #numberOf(set: ByteSet): number {
    const content = set.join('')
    let index = this.#known.get(content)
    if (index === undefined) {
      index = this.sets.push(set) - 1
      const share = set.reduce((sum, flag, byte) => sum + flag * (FREQUENCY[byte] as number), 0)
      this.#shares.push(Math.max(LEAST_SHARE, share))
      this.#known.set(content, index)
    }
    return index
  }
}

function elementsOf(alternatives: readonly AST.Alternative[]): readonly (readonly AST.Element[])[] {
  return alternatives.map(({ elements }) => elements)
}
