import { LiteralMatcher } from './literal-matcher.js'

/** The literals of rules behind one automaton: one pass over a text gives the rules that wait for anything in it, as bits. */
export class LiteralSieve {
  readonly #matcher: LiteralMatcher
  /** For each row of the automaton with literals, the rules that wait for them. */
  readonly #waiting: Int32Array
  /** The rules that wait for nothing. */
  readonly #ready: Int32Array
  readonly #found: Int32Array

  /** @param rulesOf - for each literal, the numbers of the rules that wait for it */
  constructor(rulesOf: ReadonlyMap<string, readonly number[]>, ready: readonly number[], ruleCount: number) {
    const words = Math.ceil(ruleCount / 32)
    this.#matcher = new LiteralMatcher([...rulesOf.keys()])
    this.#found = new Int32Array(words)
    this.#ready = new Int32Array(words)
    for (const rule of ready) addTo(this.#ready, 0, rule)
    const rules = [...rulesOf.values()]
    const { outputs } = this.#matcher
    this.#waiting = new Int32Array(outputs.length * words)
    for (const [row, literals] of outputs.entries()) {
      for (const rule of literals.flatMap((literal) => rules[literal] as readonly number[])) addTo(this.#waiting, row * words, rule)
    }
  }

  /** The rules that wait for a literal in `bytes[start, end)`, or for none; good until the next call. O(end - start). */
  sift(bytes: Uint8Array, start: number, end: number): Int32Array {
    const found = this.#found
    found.set(this.#ready)
    const { table, firstOutput, columnOf } = this.#matcher
    // A text begins as a line does.
    let row = table[columnOf[10] as number] as number
    for (let index = start; index < end; index += 1) {
      row = table[row + (columnOf[bytes[index] as number] as number)] as number
      if (row < firstOutput) continue
      const from = this.#matcher.outputIndex(row) * found.length
      for (let word = 0; word < found.length; word += 1) (found[word] as number) |= this.#waiting[from + word] as number
    }
    return found
  }
}

function addTo(set: Int32Array, from: number, rule: number): void {
  ;(set[from + (rule >> 5)] as number) |= 1 << (rule & 31)
}
