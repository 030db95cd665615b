import { type AST, RegExpParser } from '@eslint-community/regexpp'

/** The action of a node of the graph; `next` nodes follow it. */
export const NODE = { split: 0, byte: 1, guard: 2, found: 3 } as const
/** The demand of a guard besides a set of bytes beside it. */
export const GUARD = { before: 1, after: 2, negated: 4, edge: 8, wordEdge: 16 } as const

const MOST_COPIES = 16
const BYTES = 256
/** The set of all bytes. */
const ANY = 0

/** A set of bytes, as 256 flags. */
export type ByteSet = Uint8Array

/**
 * Patterns as one graph (Thompson, 1968) that finds at least all places that the patterns find: a bound on repeats is only a lower bound there, a back
 * reference matches anything, letters have no case, and guards that look further than one byte ahead or back are left out.
 */
export class PatternGraph {
  readonly kind: number[] = []
  /** For a byte, its set; for a guard, its demand; for a find, the number of the pattern. */
  readonly value: number[] = []
  readonly next: number[][] = []
  readonly sets: ByteSet[] = [new Uint8Array(BYTES).fill(1)]
  /** For each guard node, the set of the byte beside it. */
  readonly guarded: (ByteSet | undefined)[] = []
  readonly #known = new Map<string, number>()
  readonly #starts = new Map<RegExp, number>()
  readonly #parser = new RegExpParser({ ecmaVersion: 2018 })

  /** Adds patterns. @returns the node where all of them begin */
  addAll(patterns: readonly RegExp[]): number {
    return this.#node(
      NODE.split,
      0,
      patterns.map((pattern) => this.#add(pattern))
    )
  }

  #add(pattern: RegExp): number {
    const known = this.#starts.get(pattern)
    if (known !== undefined) return known
    const { alternatives } = this.#parser.parsePattern(pattern.source, 0, pattern.source.length, pattern.unicode)
    const start = this.#alternatives(elementsOf(alternatives), pattern.flags, this.#node(NODE.found, 0, []))
    this.#starts.set(pattern, start)
    return start
  }

  #node(kind: number, value: number, next: number[]): number {
    this.kind.push(kind)
    this.value.push(value)
    this.next.push(next)
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

  #element(element: AST.Element, flags: string, end: number): number {
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
        this.next[loop]?.push(this.#node(NODE.byte, ANY, [loop]))
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
        this.next[start]?.push(this.#element(element, flags, start))
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
        return this.#guard(GUARD.before | GUARD.edge, undefined, end)
      case 'end':
        return this.#guard(GUARD.after | GUARD.edge, undefined, end)
      case 'word':
        return this.#guard(GUARD.wordEdge | (assertion.negate ? GUARD.negated : 0), undefined, end)
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

  #guard(asked: number, set: ByteSet | undefined, end: number): number {
    const node = this.#node(NODE.guard, asked, [end])
    this.guarded[node] = set
    return node
  }

  /** The number of the set of bytes that one element takes: letters in any case, unless the set is of those that must not stand there. */
  #setOf(element: AST.Element, flags: string, isCaseless = true): number {
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
      const content = set.join('')
      index = this.#known.get(content) ?? this.sets.push(set) - 1
      this.#known.set(content, index).set(key, index)
    }
    return index
  }
}

function elementsOf(alternatives: readonly AST.Alternative[]): readonly (readonly AST.Element[])[] {
  return alternatives.map(({ elements }) => elements)
}
