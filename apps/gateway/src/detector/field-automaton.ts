import { type ByteSet, GUARD, NODE, PatternGraph } from './pattern-graph.js'

/** A sort of field, or of the text between fields. */
export interface FieldSort {
  /** A field is clean where none of them finds anything in it. */
  readonly patterns: readonly RegExp[]
  /** The bytes that end it, and the sort that follows. */
  readonly ends: Readonly<Record<string, number>>
  /** Whether a text that ends there may be clean, and one that holds something before `ends`. */
  readonly mayEnd: 'clean' | 'empty' | 'never'
  /** The only bytes that it holds; undefined for all bytes that the patterns leave. */
  readonly only?: string
  readonly encoding?: 'form' | 'json'
}

const MOST_ROWS = 12_000
/** A row's name has a character for each node. */
const MOST_NODES = 65_536
/** New rows that one request may ask for: some 25 µs each, as much as reading a score of fields. */
const MOST_GROWTH = 16
/** Cells that one request may fill, most of which lead to known rows or stops: some 3 µs each. */
const MOST_FOLLOWED = 512
/** The costs of a row and of a cell, in microseconds. */
const ROW_COST = 25
const CELL_COST = 3
/** Microseconds of learning that a process may spend before bytes that were skipped have earned more. */
const CAPITAL = 200_000
/** Bytes that must be skipped to earn a microsecond of learning: some half of what skipping them saves. */
const BYTES_TO_EARN = 200
const STOP = -128
/** Where a pattern finds something, instead of a set. */
const FOUND = -1
/** The edge of a text, where a byte would be. */
const EDGE = -1
const WORD = setOf('0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
/** Bytes that decoding distinguishes. */
const SPECIAL = [...'%+\\/nrt0123456789'].map(setOf).concat([...'abcdef'].map((letter) => setOf(letter + letter.toUpperCase())))
const JSON_ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12, '/': 47 }

interface Row {
  readonly sort: number
  /** The set of places in patterns that began with the last byte. */
  readonly begun: number
  /** The places in those that began before. */
  readonly others: readonly number[]
  readonly before: number
  /** The part of an escape that was read. */
  readonly unread: string
}

/**
 * Tells clean fields of a body in one pass: an automaton over its raw bytes, whose rows are made when a text first needs them
 * (Thompson, 1968; lazily as in RE2).
 *
 * ```
 *   row    a place in the syntax, and all places in all patterns that its text has led to
 *   cell   by class of byte: the row that follows; or a stop: the field may hold something; or, from 0 down, how often
 *          there was no row yet, which is a stop too until it is worth to make one
 * ```
 */
export class FieldAutomaton {
  readonly #sorts: readonly FieldSort[]
  readonly #patience: number
  readonly #graph = new PatternGraph()
  readonly #starts: readonly number[]
  readonly #classOf = new Uint8Array(256)
  readonly #byteOf: number[] = []
  readonly #beforeOf = new Int32Array(256)
  readonly #width: number
  readonly #table: Int32Array
  readonly #rows: Row[] = []
  readonly #rowOf = new Map<string, number>()
  readonly #sets: ReadonlySet<number>[] = [new Set()]
  readonly #differences = new Map<number, ReadonlySet<number>>()
  readonly #numberOf = new Map<string, number>([['', 0]])
  readonly #setOf = new Map<number, number>()
  /** For each sort, the row in which it begins. */
  readonly #first: number[] = []
  readonly #closed: Int32Array
  readonly #reached: Int32Array
  #mark = 0
  #growth = 0
  #followed = 0
  /** Microseconds of learning that may be spent yet. */
  #credit: number
  /** Bytes that this request's fields were read over. */
  #skipped = 0
  /** Whether a row was made for this text, which is then learned to where it stops. */
  #isLearning = false
  #row = 0

  /** @param patience - times that a row is missed before it is made, less than 128; with 0 learning is not bounded by what it earns */
  constructor(sorts: readonly FieldSort[], patience: number) {
    this.#sorts = sorts
    this.#patience = patience
    this.#credit = patience === 0 ? Number.POSITIVE_INFINITY : CAPITAL
    const graph = this.#graph
    this.#starts = sorts.map(({ patterns }) => graph.addAll(patterns))
    if (graph.kind.length > MOST_NODES) throw new RangeError(`patterns have ${graph.kind.length} nodes, and rows can name ${MOST_NODES}`)
    this.#closed = new Int32Array(graph.kind.length)
    this.#reached = new Int32Array(graph.kind.length)
    this.#classify()
    this.#width = this.#byteOf.length
    this.#table = new Int32Array(MOST_ROWS * this.#width)
    this.#clear()
  }

  /** Allows new rows and cells anew, for what was skipped since has earned. */
  begin(): void {
    this.#credit -= this.#growth * ROW_COST + this.#followed * CELL_COST
    this.#credit += this.#skipped / BYTES_TO_EARN
    this.#growth = 0
    this.#followed = 0
    this.#skipped = 0
    if (this.#rows.length > MOST_ROWS - MOST_GROWTH - this.#sorts.length) this.#clear()
  }

  /** Goes to the beginning of a field of `sort`. */
  enter(sort: number): void {
    this.#row = this.#first[sort] as number
    this.#isLearning = false
  }

  /** The sort in which {@link run} stopped. */
  get sort(): number {
    return this.#rows[this.#row / this.#width]?.sort ?? 0
  }

  /** Reads on. @returns where a field may hold something, or `end` */
  run(bytes: Uint8Array, start: number, end: number): number {
    const table = this.#table
    const classOf = this.#classOf
    let row = this.#row
    let index = start
    for (; index < end; index += 1) {
      let next = table[row + (classOf[bytes[index] as number] as number)] as number
      if (next <= 0) {
        if (next > STOP) next = this.#grow(row, classOf[bytes[index] as number] as number)
        if (next < 0) break
      }
      row = next
    }
    this.#row = row
    this.#skipped += index - start
    return index
  }

  /** Whether the text may end here, and be clean. */
  mayEnd(): boolean {
    const row = this.#rows[this.#row / this.#width] as Row
    const { mayEnd } = this.#sorts[row.sort] as FieldSort
    if (mayEnd === 'never' || row.unread !== '') return false
    if (mayEnd === 'empty') return row.before === EDGE
    return this.#onto(row, EDGE) !== STOP
  }

  #clear(): void {
    this.#table.fill(0)
    this.#rows.length = 0
    this.#rowOf.clear()
    // Row 0 stands for no row.
    this.#rows.push({ sort: 0, begun: 0, others: [], before: EDGE, unread: '' })
    this.#sorts.forEach((_, sort) => {
      this.#first[sort] = this.#rowFor(sort, 0, [], EDGE, '')
    })
  }

  #rowFor(sort: number, begun: number, others: readonly number[], before: number, unread: string): number {
    const key = `${sort},${begun},${before},${unread},${String.fromCharCode(...others)}`
    let row = this.#rowOf.get(key)
    if (row === undefined) {
      row = (this.#rows.push({ sort, begun, others, before, unread }) - 1) * this.#width
      this.#rowOf.set(key, row)
      this.#growth += 1
    }
    return row
  }

  #grow(from: number, column: number): number {
    const misses = -(this.#table[from + column] as number)
    const isBounded = this.#growth > MOST_GROWTH || this.#followed >= MOST_FOLLOWED || this.#credit <= 0
    if ((misses < this.#patience && !this.#isLearning) || isBounded) {
      this.#table[from + column] = -Math.min(misses + 1, this.#patience)
      return STOP
    }
    this.#followed += 1
    const next = this.#follow(this.#rows[from / this.#width] as Row, this.#byteOf[column] as number)
    this.#table[from + column] = next
    this.#isLearning = true
    return next
  }

  #follow(row: Row, byte: number): number {
    const sort = this.#sorts[row.sort] as FieldSort
    const letter = String.fromCharCode(byte)
    if (row.unread !== '') return this.#unescape(row, letter)
    const following = sort.ends[letter]
    if (following !== undefined) {
      if (sort.mayEnd === 'empty' && row.before !== EDGE && letter === '&') return STOP
      return this.#onto(row, EDGE) === STOP ? STOP : (this.#first[following] as number)
    }
    if (sort.only !== undefined) return sort.only.includes(letter) ? (this.#first[row.sort] as number) : STOP
    if (sort.encoding === 'form' && letter === '%') return this.#rowFor(row.sort, row.begun, row.others, row.before, '%')
    if (sort.encoding === 'json' && letter === '\\') return this.#rowFor(row.sort, row.begun, row.others, row.before, '\\')
    return this.#onto(row, sort.encoding === 'form' && letter === '+' ? 32 : byte)
  }

  #unescape(row: Row, letter: string): number {
    if (row.unread === '\\') return letter in JSON_ESCAPES ? this.#onto(row, JSON_ESCAPES[letter] as number) : STOP
    if (!/[\da-f]/i.test(letter)) return STOP
    if (row.unread === '%') return this.#rowFor(row.sort, row.begun, row.others, row.before, `%${letter}`)
    return this.#onto(row, Number.parseInt(row.unread.slice(1) + letter, 16))
  }

  /** The row to which `byte` leads in all patterns, or a stop where one finds something before it. */
  #onto({ sort, begun, others, before }: Row, byte: number): number {
    const column = byte === EDGE ? this.#width : (this.#classOf[byte] as number)
    const beginning = this.#remembered((sort * 257 + before + 1) * 257 + column, [this.#starts[sort] as number], before, byte)
    if (beginning === FOUND) return STOP
    const going = this.#remembered(
      ((begun + 256) * 257 + before + 1) * 257 + column,
      this.#sets[begun] as ReadonlySet<number>,
      before,
      byte
    )
    if (going === FOUND) return STOP
    const known = this.#without(going, beginning)
    const onwards = this.#close(others, before, byte)
    if (onwards === undefined) return STOP
    if (byte === EDGE) return 0
    const first = this.#sets[beginning] as ReadonlySet<number>
    const further = onwards.filter((node) => !first.has(node) && !known.has(node))
    const all = further.length === 0 ? [...known] : [...known, ...further].sort(ascending)
    return this.#rowFor(sort, beginning, all, this.#beforeOf[byte] as number, '')
  }

  /** The nodes of one set that are not in another, in order. */
  #without(one: number, other: number): ReadonlySet<number> {
    const key = one * 65_536 + other
    let rest = this.#differences.get(key)
    if (rest === undefined) {
      rest = new Set([...(this.#sets[one] as ReadonlySet<number>)].filter((node) => !this.#sets[other]?.has(node)))
      this.#differences.set(key, rest)
    }
    return rest
  }

  /** The number of the set of nodes to which `byte` leads from `nodes`; `key` stands for them, `before` and `byte`. */
  #remembered(key: number, nodes: Iterable<number>, before: number, byte: number): number {
    let number = this.#setOf.get(key)
    if (number === undefined) {
      const onwards = this.#close(nodes, before, byte)?.sort(ascending)
      number = FOUND
      if (onwards !== undefined) {
        const content = onwards.join()
        number = this.#numberOf.get(content) ?? this.#sets.push(new Set(onwards)) - 1
        this.#numberOf.set(content, number)
      }
      this.#setOf.set(key, number)
    }
    return number
  }

  /** The nodes that follow `nodes` behind `after`, each once; undefined where a pattern finds something before it. */
  #close(nodes: Iterable<number>, before: number, after: number): number[] | undefined {
    const onwards: number[] = []
    this.#mark += 1
    const { kind, value, next, sets, guarded } = this.#graph
    const stack = [...nodes]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (this.#closed[node] === this.#mark) continue
      this.#closed[node] = this.#mark
      const asked = value[node] as number
      switch (kind[node]) {
        case NODE.found:
          return undefined
        case NODE.byte: {
          const onward = next[node]?.[0] as number
          if (after === EDGE || sets[asked]?.[after] !== 1 || this.#reached[onward] === this.#mark) break
          this.#reached[onward] = this.#mark
          onwards.push(onward)
          break
        }
        case NODE.guard:
          if (holds(asked, guarded[node], before, after)) stack.push(...(next[node] as number[]))
          break
        default:
          stack.push(...(next[node] as number[]))
      }
    }
    return onwards
  }

  /** Puts bytes into one class that no pattern distinguishes, and, where they stand before, into one that no guard distinguishes. */
  #classify(): void {
    const { sets, guarded, value } = this.#graph
    const told = [WORD, ...SPECIAL, ...this.#sorts.flatMap(({ ends, only }) => [...Object.keys(ends), ...(only ?? '')]).map(setOf)]
    const before = guarded.filter((set, node) => set !== undefined && ((value[node] as number) & GUARD.before) !== 0)
    const sides = classesOf([WORD, ...new Set(before as ByteSet[])])
    this.#classOf.set(classesOf([...told, ...sets, ...new Set(guarded.filter((set) => set !== undefined))]))
    for (let byte = 255; byte >= 0; byte -= 1) {
      this.#byteOf[this.#classOf[byte] as number] = byte
      this.#beforeOf[byte] = sides.indexOf(sides[byte] as number)
    }
  }
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

function holds(asked: number, set: Uint8Array | undefined, before: number, after: number): boolean {
  const isNegated = (asked & GUARD.negated) !== 0
  if ((asked & GUARD.wordEdge) !== 0) return (isWord(before) !== isWord(after)) !== isNegated
  const beside = (asked & GUARD.before) !== 0 ? before : after
  return (beside === EDGE ? (asked & GUARD.edge) !== 0 : set?.[beside] === 1) !== isNegated
}

function isWord(byte: number): boolean {
  return byte !== EDGE && WORD[byte] === 1
}

function ascending(one: number, other: number): number {
  return one - other
}
