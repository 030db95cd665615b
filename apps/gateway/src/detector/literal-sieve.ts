import { LiteralMatcher } from './literal-matcher.js'

/** The literals of rules behind one automaton: one pass over a text gives the rules that wait for anything in it, as a set of bits. */
export class LiteralSieve {
  readonly #matcher: LiteralMatcher
  /** The automaton's columns in a form, where a plus is a blank. */
  readonly #formColumnOf: Uint8Array
  /** For each row of the automaton with literals, the set of the rules that wait for them. */
  readonly #waiting: Int32Array
  readonly #words: number
  /** Bytes of the shortest literal: no shorter text holds any. */
  readonly #shortest: number

  /**
   * @param rulesOf - for each literal, the numbers of the rules that wait for it
   * @param words - 32-bit words of a set of rules
   */
  constructor(rulesOf: ReadonlyMap<string, readonly number[]>, words: number) {
    this.#words = words
    this.#matcher = new LiteralMatcher([...rulesOf.keys()])
    this.#shortest = Math.min(...[...rulesOf.keys()].map((literal) => literal.trimStart().length))
    this.#formColumnOf = Uint8Array.from(this.#matcher.columnOf)
    this.#formColumnOf[43] = this.#matcher.columnOf[32] as number
    const rules = [...rulesOf.values()]
    const { outputs } = this.#matcher
    this.#waiting = new Int32Array(outputs.length * words)
    for (const [row, literals] of outputs.entries()) {
      for (const rule of literals.flatMap((literal) => rules[literal] as readonly number[])) addTo(this.#waiting, row * words, rule)
    }
  }

  /**
   * Adds to `found` the rules that wait for a literal in `bytes[start, end)`. O(end - start).
   * @returns whether there are any
   */
  sift(bytes: Uint8Array, start: number, end: number, isForm: boolean, found: Int32Array): boolean {
    if (end - start < this.#shortest) return false
    const { table, firstOutput } = this.#matcher
    const columnOf = isForm ? this.#formColumnOf : this.#matcher.columnOf
    // A text begins as a line does.
    let row = table[columnOf[10] as number] as number
    let isAny = false
    for (let index = start; index < end; index += 1) {
      row = table[row + (columnOf[bytes[index] as number] as number)] as number
      if (row < firstOutput) continue
      isAny = true
      const from = this.#matcher.outputIndex(row) * this.#words
      for (let word = 0; word < this.#words; word += 1) (found[word] as number) |= this.#waiting[from + word] as number
    }
    return isAny
  }
}

/** Adds a rule to the set that begins at `from`. */
export function addTo(set: Int32Array, from: number, rule: number): void {
  ;(set[from + (rule >> 5)] as number) |= 1 << (rule & 31)
}
