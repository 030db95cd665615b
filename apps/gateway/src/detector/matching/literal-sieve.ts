import { LiteralMatcher } from './literal-matcher.js'

/** The texts that patterns require behind one automaton: one pass over a text gives the patterns that may find something in it, as bits. */
export class LiteralSieve {
  readonly #matcher: LiteralMatcher
  /** For each row of the automaton with texts, the patterns that require them. */
  readonly #requiring: Int32Array
  /** The patterns that require nothing. */
  readonly #ready: Int32Array
  readonly #found: Int32Array

  /** @param required - for each pattern, texts of which one stands in each text that it finds, or none */
  constructor(required: readonly (readonly string[])[]) {
    const words = Math.ceil(required.length / 32)
    const patternsOf = new Map<string, number[]>()
    this.#found = new Int32Array(words)
    this.#ready = new Int32Array(words)
    for (const [pattern, texts] of required.entries()) {
      if (texts.length === 0) addTo(this.#ready, 0, pattern)
      for (const text of texts) patternsOf.set(text, [...(patternsOf.get(text) ?? []), pattern])
    }
    this.#matcher = new LiteralMatcher([...patternsOf.keys()])
    const patterns = [...patternsOf.values()]
    const { outputs } = this.#matcher
    this.#requiring = new Int32Array(outputs.length * words)
    for (const [row, texts] of outputs.entries()) {
      for (const pattern of texts.flatMap((text) => patterns[text] as readonly number[])) addTo(this.#requiring, row * words, pattern)
    }
  }

  /** The patterns that may find something in `bytes[start, end)`; good until the next call. O(end - start). */
  sift(bytes: Uint8Array, start: number, end: number): Int32Array {
    const found = this.#found
    found.set(this.#ready)
    const { table, firstOutput, columnOf } = this.#matcher
    let row = 0
    for (let index = start; index < end; index += 1) {
      row = table[row + (columnOf[bytes[index] as number] as number)] as number
      if (row < firstOutput) continue
      const from = this.#matcher.outputIndex(row) * found.length
      for (let word = 0; word < found.length; word += 1) (found[word] as number) |= this.#requiring[from + word] as number
    }
    return found
  }
}

function addTo(set: Int32Array, from: number, pattern: number): void {
  ;(set[from + (pattern >> 5)] as number) |= 1 << (pattern & 31)
}
