/** Called for each literal found: its index, and the offset just past its last byte. */
export type LiteralSink = (literal: number, end: number) => void

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
  /** For each byte, its column. */
  readonly columnOf = new Uint8Array(256)
  /** For each row and column, the row that follows. The first row is where a scan begins. */
  readonly table: Int32Array
  /** Rows from here on have literals that end there. */
  readonly firstOutput: number
  readonly #columns: number
  readonly #outputs: readonly (readonly number[])[]

  /** @param literals - non-empty, ASCII in lower case; found in any case */
  constructor(literals: readonly string[]) {
    this.#columns = this.#assignColumns(literals)
    const width = this.#columns
    const next = new Int32Array(literals.reduce((sum, literal) => sum + literal.length, 1) * width).fill(-1)
    const outputs: number[][] = [[]]
    literals.forEach((literal, id) => {
      let state = 0
      for (let index = 0; index < literal.length; index += 1) {
        const cell = state * width + (this.columnOf[literal.charCodeAt(index)] as number)
        if (next[cell] === -1) next[cell] = outputs.push([]) - 1
        state = next[cell] as number
      }
      outputs[state]?.push(id)
    })
    complete(next, outputs, width)
    const states = [...outputs.keys()]
    const order = [...states.filter((state) => outputs[state]?.length === 0), ...states.filter((state) => outputs[state]?.length !== 0)]
    const rowOf = new Int32Array(order.length)
    for (let row = 0; row < order.length; row += 1) rowOf[order[row] as number] = row * width
    this.table = new Int32Array(order.length * width)
    for (let row = 0; row < order.length; row += 1) {
      const from = (order[row] as number) * width
      for (let column = 0; column < width; column += 1) this.table[row * width + column] = rowOf[next[from + column] as number] as number
    }
    this.#outputs = order.map((state) => outputs[state] as number[]).filter((ids) => ids.length > 0)
    this.firstOutput = (order.length - this.#outputs.length) * width
  }

  /** For each row with literals, the literals that end there. */
  get outputs(): readonly (readonly number[])[] {
    return this.#outputs
  }

  /** Which of the rows with literals `row` is. */
  outputIndex(row: number): number {
    return (row - this.firstOutput) / this.#columns
  }

  /**
   * Reports every literal in `bytes[start, end)`. O(end - start + hits).
   * @param from - the row that the bytes before `start` led to
   * @returns the row that these bytes lead to
   */
  scan(bytes: Uint8Array, start: number, end: number, sink: LiteralSink, from = 0): number {
    const { columnOf, table, firstOutput } = this
    let row = from | 0
    for (let index = start; index < end; index += 1) {
      row = table[row + (columnOf[bytes[index] as number] as number)] as number
      if (row >= firstOutput) for (const literal of this.#outputs[this.outputIndex(row)] as readonly number[]) sink(literal, index + 1)
    }
    return row
  }

  #assignColumns(literals: readonly string[]): number {
    let columns = 1
    for (const literal of literals) {
      if (literal === '' || /[^\0-\x7f]|[A-Z]/.test(literal)) throw new TypeError(`a literal must be ASCII in lower case, not ${literal}`)
      for (let index = 0; index < literal.length; index += 1) {
        const code = literal.charCodeAt(index)
        if (this.columnOf[code] !== 0) continue
        this.columnOf[code] = columns
        if (code >= 97 && code <= 122) this.columnOf[code - 32] = columns
        columns += 1
      }
    }
    return columns
  }
}

/** Makes the trie in `next` an automaton: where a state has no way on, the way of its longest suffix is taken. */
function complete(next: Int32Array, outputs: number[][], width: number): void {
  const fallback = new Int32Array(outputs.length)
  const queue: number[] = []
  for (let column = 0; column < width; column += 1) {
    if (next[column] === -1) next[column] = 0
    else queue.push(next[column] as number)
  }
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] as number
    const fall = fallback[state] as number
    outputs[state]?.push(...(outputs[fall] as number[]))
    for (let column = 0; column < width; column += 1) {
      const cell = state * width + column
      const beyond = next[fall * width + column] as number
      const target = next[cell] as number
      if (target === -1) next[cell] = beyond
      else {
        fallback[target] = beyond
        queue.push(target)
      }
    }
  }
}
