/** Called for each literal found: its index, and the offset just past its last byte. */
export type LiteralSink = (literal: number, end: number) => void

const ROOT = 0

/**
 * Finds many literals in one pass over bytes: an Aho-Corasick automaton (Aho & Corasick, 1975), completed to a table so that
 * each byte costs one look-up, over bytes folded to lower case. Bytes that no literal holds share one column.
 *
 * ```
 *   table    rows = states × columns = byte classes; cells are offsets of rows
 *   rows     ├── silent states ──┼── states where some literal ends ──┤
 *                                 ▲ one comparison tells them apart
 * ```
 */
export class LiteralMatcher {
  readonly #columnOf: Uint8Array
  readonly #table: Int32Array
  readonly #firstOutput: number
  readonly #columns: number
  readonly #outputs: readonly (readonly number[])[]

  /** @param literals - non-empty, ASCII; found in any case */
  constructor(literals: readonly string[]) {
    this.#columnOf = new Uint8Array(256)
    this.#columns = this.#assignColumns(literals)
    const trie = this.#buildTrie(literals)
    const order = [...trie.outputs.keys()].sort(
      (a, b) => Number((trie.outputs[a]?.length ?? 0) > 0) - Number((trie.outputs[b]?.length ?? 0) > 0) || a - b
    )
    const rowOf = new Int32Array(order.length)
    order.forEach((state, row) => {
      rowOf[state] = row * this.#columns
    })
    this.#table = new Int32Array(order.length * this.#columns)
    order.forEach((state, row) => {
      for (let column = 0; column < this.#columns; column += 1) {
        const target = trie.next[state * this.#columns + column] ?? ROOT
        this.#table[row * this.#columns + column] = rowOf[target] ?? 0
      }
    })
    const silent = order.filter((state) => trie.outputs[state]?.length === 0).length
    this.#firstOutput = silent * this.#columns
    this.#outputs = order.slice(silent).map((state) => trie.outputs[state] ?? [])
  }

  /** Reports every literal in `bytes[start, end)`. O(end - start + hits). */
  scan(bytes: Uint8Array, start: number, end: number, sink: LiteralSink): void {
    const columnOf = this.#columnOf
    const table = this.#table
    const firstOutput = this.#firstOutput
    let row = 0
    for (let index = start; index < end; index += 1) {
      row = table[row + (columnOf[bytes[index] as number] as number)] as number
      if (row >= firstOutput) {
        for (const literal of this.#outputs[(row - firstOutput) / this.#columns] as readonly number[]) sink(literal, index + 1)
      }
    }
  }

  #assignColumns(literals: readonly string[]): number {
    let columns = 1
    for (const literal of literals) {
      if (literal === '') throw new TypeError('a literal must not be empty')
      for (let index = 0; index < literal.length; index += 1) {
        const code = literal.charCodeAt(index)
        if (code > 127) throw new TypeError('a literal must be ASCII')
        const folded = code >= 65 && code <= 90 ? code + 32 : code
        if (this.#columnOf[folded] !== 0) continue
        this.#columnOf[folded] = columns
        if (folded >= 97 && folded <= 122) this.#columnOf[folded - 32] = columns
        columns += 1
      }
    }
    return columns
  }

  #buildTrie(literals: readonly string[]): { next: number[]; outputs: number[][] } {
    const width = this.#columns
    const next: number[] = new Array<number>(width).fill(-1)
    const outputs: number[][] = [[]]
    literals.forEach((literal, id) => {
      let state = ROOT
      for (let index = 0; index < literal.length; index += 1) {
        const cell = state * width + (this.#columnOf[literal.charCodeAt(index)] ?? 0)
        if (next[cell] === -1) {
          next[cell] = outputs.length
          outputs.push([])
          for (let column = 0; column < width; column += 1) next.push(-1)
        }
        state = next[cell] ?? ROOT
      }
      outputs[state]?.push(id)
    })
    const fallback = new Int32Array(outputs.length)
    const queue: number[] = []
    for (let column = 0; column < width; column += 1) {
      const target = next[column] ?? -1
      if (target === -1) next[column] = ROOT
      else queue.push(target)
    }
    for (let head = 0; head < queue.length; head += 1) {
      const state = queue[head] as number
      const fall = fallback[state] as number
      outputs[state]?.push(...(outputs[fall] ?? []))
      for (let column = 0; column < width; column += 1) {
        const cell = state * width + column
        const beyond = next[fall * width + column] ?? ROOT
        const target = next[cell] ?? -1
        if (target === -1) next[cell] = beyond
        else {
          fallback[target] = beyond
          queue.push(target)
        }
      }
    }
    return { next, outputs }
  }
}
