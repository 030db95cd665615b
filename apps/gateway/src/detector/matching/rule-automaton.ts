import { escapedLength, escapedValue, NO_ESCAPE } from '../decode/escapes.js'
import { endOfText, LAYOUT, type Layout, SPECIAL, specialsOf } from '../fields/layout.js'
import { type ByteSet, type Graph, GUARD, GUARD_BITS, NODE } from './pattern-graph.js'

const MOST_ROWS = 24_000
/** A row's name has a character for each node. */
const MOST_NODES = 65_536
/** Rows and cells that one request may ask for: some 30 and 5 µs each. */
const MOST_GROWTH = 256
const MOST_FOLLOWED = 1024
/** The costs of a row and of a cell, in microseconds. */
const ROW_COST = 30
const CELL_COST = 5
/** Microseconds of learning that a process may spend before bytes that were read have earned more. */
const CAPITAL = 1_000_000
/** Bytes that must be read to earn a microsecond of learning. */
const BYTES_TO_EARN = 200
/** Where a text begins or ends, in place of a byte. */
const EDGE = -1
const WORD = setOf('0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
/** The first class of bytes, which no byte has: its cells stay empty, so that bytes of a meaning of their own can be put into it. */
const APART = 0
/** The class of the end, and of the bytes that end texts of a layout. */
const END = 1
/** The cell of an end before which nothing is found. */
const CLEAN = -1

/** The bytes that ordinary text holds most. */
const FREQUENT = Buffer.from(" etaoinsrhldcumfpgwybvk0123456789.,-:/xjqz_='()@")

/** A row of the table: the class of the byte before, and the places in patterns that the text has led to. */
interface Row {
  readonly before: number
  readonly nodes: readonly number[]
}

/** Where a byte leads: the places, and the patterns that found something before it. */
interface Step {
  readonly nodes: readonly number[]
  readonly found: readonly number[]
}

/**
 * Tells, in one pass over a text, which patterns may find something in it: an automaton whose rows are made when a text first needs them
 * (Thompson, 1968; lazily as in RE2). It knows of each pattern the part that tells most, which looks at a few words at the
 * most; so texts that differ need the same rows again, and new ones become rare after some hundred KiB.
 *
 * ```
 *   row    the places in patterns that the last few bytes have led to
 *   cell   by class of byte: the row that follows; 0: not known yet; below 0: the row that follows, and what is found
 * ```
 */
export class RuleAutomaton {
  /** The wanted patterns that may find something in the last text read, as bits. */
  readonly found: Int32Array
  /** Whether the last text led to a row that may not be made, so that any pattern may find something in it. */
  isLost = false
  /** Whether any wanted pattern may find something in the last text. */
  isAny = false
  readonly #graph: Graph
  readonly #classOf = new Uint8Array(256)
  /** For each class, a byte of it. */
  readonly #byteOf: number[] = [0, EDGE]
  /** For each byte, and the edge behind them, the class that guards see in it when it stands before; and for each of those, a byte. */
  readonly #beforeOf = new Int32Array(257)
  readonly #sideOf: number[] = []
  readonly #classes: readonly Uint8Array[]
  readonly #width: number
  readonly #table: Int32Array
  readonly #rows: Row[] = []
  readonly #rowOf = new Map<string, number>()
  readonly #begun = new Map<number, Step>()
  /** For each cell that finds something: the row that follows, and where its set begins. */
  readonly #foundRow: number[] = []
  readonly #foundSet: number[] = []
  readonly #sets: number[] = []
  readonly #known = new Map<string, number>()
  readonly #closed: Int32Array
  readonly #reached: Int32Array
  #first = 0
  #mark = 0
  #growth = 0
  #followed = 0
  #credit = CAPITAL
  #bytesRead = 0

  /** @param graph - of patterns; `isBounded` false: rows are made whatever they cost, as tests want it */
  constructor(
    graph: Graph,
    readonly isBounded: boolean = true
  ) {
    this.#graph = graph
    // All patterns follow the start.
    const patterns = (graph.from[graph.start + 1] as number) - (graph.from[graph.start] as number)
    if (graph.kind.length > MOST_NODES) throw new RangeError(`patterns have ${graph.kind.length} nodes, and rows can name ${MOST_NODES}`)
    this.#closed = new Int32Array(graph.kind.length)
    this.#reached = new Int32Array(graph.kind.length)
    this.found = new Int32Array(Math.ceil(patterns / 32))
    this.#classify()
    this.#classes = Object.values(LAYOUT).map((layout: Layout) => {
      const classes = Uint8Array.from(this.#classOf)
      if (layout.plusIsBlank) classes[43] = this.#classOf[32] as number
      for (const [byte, special] of specialsOf(layout).entries()) if (special !== 0) classes[byte] = special === SPECIAL.end ? END : APART
      return classes
    })
    this.#width = this.#byteOf.length
    this.#table = new Int32Array(MOST_ROWS * this.#width)
    this.#clear()
  }

  /** Begins a request: allows new rows and cells anew, for what was read since has earned. */
  begin(): void {
    this.#credit += this.#bytesRead / BYTES_TO_EARN - this.#growth * ROW_COST - this.#followed * CELL_COST
    if (this.#credit > CAPITAL) this.#credit = CAPITAL
    this.#growth = 0
    this.#followed = 0
    this.#bytesRead = 0
    if (this.#rows.length > MOST_ROWS - MOST_GROWTH - 2) this.#clear()
  }

  /**
   * Reads the text of `layout` that begins at `start`. O(length).
   * @param wanted - the patterns of which a find counts, as bits
   * @returns where it ends, or `end`
   */
  read(bytes: Buffer, start: number, end: number, layout: Layout, wanted: Int32Array): number {
    if (this.isAny) this.found.fill(0)
    this.isAny = false
    this.isLost = false
    const table = this.#table
    const classes = this.#classes[layout.index] as Uint8Array
    let row = this.#first
    let index = start
    for (; index < end; index += 1) {
      let column = classes[bytes[index] as number] as number
      let next = table[row + column] as number
      if (next <= 0) {
        if (column === END) break
        if (column === APART) {
          const escaped = layout.readEscape(bytes, index, end)
          if (escaped !== NO_ESCAPE) index += escapedLength(escaped) - 1
          column = this.#classOf[escaped === NO_ESCAPE ? (bytes[index] as number) : escapedValue(escaped)] as number
          next = table[row + column] as number
        }
        // Numbers of calls are made integers, or the compiler keeps the row as an object.
        if (next === 0) next = this.#grow(row, column) | 0
        if (next < 0) next = this.#note(next, wanted) | 0
        else if (next === 0) {
          this.isLost = true
          return endOfText(layout, bytes, index + 1, end)
        }
      }
      row = next
    }
    this.#bytesRead += index - start
    let last = table[row + END] as number
    if (last === 0) last = this.#grow(row, END)
    if (last < CLEAN) this.#note(last, wanted)
    else if (last === 0) this.isLost = true
    return index
  }

  /** Adds what a cell finds. @returns the row that follows */
  #note(cell: number, wanted: Int32Array): number {
    const { found } = this
    const from = this.#foundSet[-cell] as number
    for (let word = 0; word < found.length; word += 1) {
      const bits = (this.#sets[from + word] as number) & (wanted[word] as number)
      if (bits === 0) continue
      this.isAny = true
      ;(found[word] as number) |= bits
    }
    return this.#foundRow[-cell] as number
  }

  #clear(): void {
    this.#table.fill(0, 0, this.#rows.length * this.#width)
    this.#rows.length = 0
    this.#rowOf.clear()
    this.#known.clear()
    this.#sets.length = 0
    // Row 0 stands for no row, and so do the first two of the cells that find something.
    this.#rows.push({ before: 0, nodes: [] })
    this.#foundRow.splice(0, Number.POSITIVE_INFINITY, 0, 0)
    this.#foundSet.splice(0, Number.POSITIVE_INFINITY, 0, 0)
    this.#first = this.#rowFor(this.#beforeOf[256] as number, [])
  }

  /** Fills a cell, unless too much was learned. @returns the cell */
  #grow(from: number, column: number): number {
    if (this.isBounded && (this.#growth >= MOST_GROWTH || this.#followed >= MOST_FOLLOWED || this.#credit <= 0)) return 0
    if (this.#rows.length >= MOST_ROWS) return 0
    this.#followed += 1
    const { before, nodes } = this.#rows[from / this.#width] as Row
    const byte = this.#byteOf[column] as number
    const beginning = this.#beginning(before, byte, column)
    const going = this.#close(nodes, before, byte)
    const next = byte === EDGE ? this.#first : this.#rowFor(this.#beforeOf[byte] as number, union(beginning.nodes, going.nodes))
    const found = union(beginning.found, going.found)
    const cell = found.length > 0 ? -this.#cellFor(next, found) : byte === EDGE ? CLEAN : next
    this.#table[from + column] = cell
    return cell
  }

  #rowFor(before: number, nodes: readonly number[]): number {
    const key = String.fromCharCode(before, ...nodes)
    let row = this.#rowOf.get(key)
    if (row === undefined) {
      row = (this.#rows.push({ before, nodes }) - 1) * this.#width
      this.#rowOf.set(key, row)
      this.#growth += 1
    }
    return row
  }

  /** The number of a cell that leads to `next`, and finds the patterns `found`. */
  #cellFor(next: number, found: readonly number[]): number {
    const name = found.join()
    let set = this.#known.get(name)
    if (set === undefined) {
      set = this.#sets.length
      const bits = new Int32Array(this.found.length)
      for (const pattern of found) (bits[pattern >> 5] as number) |= 1 << (pattern & 31)
      this.#sets.push(...bits)
      this.#known.set(name, set)
    }
    const key = `${next}:${set}`
    let cell = this.#known.get(key)
    if (cell === undefined) {
      cell = this.#foundRow.push(next) - 1
      this.#foundSet.push(set)
      this.#known.set(key, cell)
    }
    return cell
  }

  /** Where patterns lead that begin at a place. */
  #beginning(before: number, byte: number, column: number): Step {
    const key = before * 512 + column
    let step = this.#begun.get(key)
    if (step === undefined) {
      step = this.#close([this.#graph.start], before, byte)
      this.#begun.set(key, step)
    }
    return step
  }

  /** Where `nodes` lead over `after`, each once, and what they find before it. */
  #close(nodes: readonly number[], before: number, after: number): Step {
    const onwards: number[] = []
    const found: number[] = []
    this.#mark += 1
    const mark = this.#mark
    const { kind, value, next, from, sets } = this.#graph
    const stack = nodes.slice()
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (this.#closed[node] === mark) continue
      this.#closed[node] = mark
      const asked = value[node] as number
      switch (kind[node]) {
        case NODE.found:
          found.push(asked)
          break
        case NODE.byte: {
          if (after === EDGE || (sets[asked] as ByteSet)[after] !== 1) break
          const onward = next[from[node] as number] as number
          if (this.#reached[onward] === mark) break
          this.#reached[onward] = mark
          onwards.push(onward)
          break
        }
        case NODE.guard:
          if (holds(asked, sets[asked >> GUARD_BITS] as ByteSet, this.#sideOf[before] as number, after))
            stack.push(next[from[node] as number] as number)
          break
        default:
          for (let at = from[node] as number; at < (from[node + 1] as number); at += 1) stack.push(next[at] as number)
      }
    }
    return { nodes: onwards.sort(ascending), found: found.sort(ascending) }
  }

  /** Puts bytes into one class that no pattern distinguishes, and, where they stand before, into one that no guard distinguishes. */
  #classify(): void {
    const { kind, sets, value } = this.#graph
    const before = value.filter((asked, node) => kind[node] === NODE.guard && (asked & GUARD.before) !== 0)
    const sides = classesOf([WORD, ...new Set(before.map((asked) => sets[asked >> GUARD_BITS] as ByteSet))])
    const classes = classesOf([WORD, ...sets])
    // Classes of frequent bytes come first, so that the cells that are needed often lie together.
    const inOrder = [...new Set([...FREQUENT, ...classes.keys()].map((byte) => classes[byte] as number))]
    this.#classOf.set(classes.map((one) => inOrder.indexOf(one) + END + 1))
    for (let byte = 255; byte >= 0; byte -= 1) {
      this.#byteOf[this.#classOf[byte] as number] = byte
      this.#beforeOf[byte] = sides[byte] as number
      this.#sideOf[sides[byte] as number] = byte
    }
    this.#beforeOf[256] = this.#sideOf.push(EDGE) - 1
  }
}

function union(one: readonly number[], other: readonly number[]): readonly number[] {
  if (other.length === 0) return one
  if (one.length === 0) return other
  return [...new Set([...one, ...other])].sort(ascending)
}

/** For each byte, the number of its class: bytes of one class are in the same of `sets`. */
function classesOf(sets: Iterable<ByteSet>): Uint8Array {
  const classes = new Uint8Array(256)
  let count = 1
  for (const set of sets) {
    const split = new Map<number, number>()
    const outside = new Set<number>()
    for (let byte = 0; byte < 256; byte += 1) if (set[byte] !== 1) outside.add(classes[byte] as number)
    for (let byte = 0; byte < 256; byte += 1) {
      const old = classes[byte] as number
      if (set[byte] !== 1 || !outside.has(old)) continue
      if (!split.has(old)) split.set(old, count++)
      classes[byte] = split.get(old) as number
    }
  }
  return classes
}

function setOf(letters: string): ByteSet {
  const set = new Uint8Array(256)
  for (const letter of letters) set[letter.charCodeAt(0)] = 1
  return set
}

function holds(asked: number, set: ByteSet, before: number, after: number): boolean {
  const isNegated = (asked & GUARD.negated) !== 0
  if ((asked & GUARD.wordEdge) !== 0) return (isWord(before) !== isWord(after)) !== isNegated
  const beside = (asked & GUARD.before) !== 0 ? before : after
  return (beside === EDGE ? (asked & GUARD.edge) !== 0 : set[beside] === 1) !== isNegated
}

function isWord(byte: number): boolean {
  return byte !== EDGE && WORD[byte] === 1
}

function ascending(one: number, other: number): number {
  return one - other
}
