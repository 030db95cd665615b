import { foldCodePoint } from '../decode/fold.js'
import { readHex } from '../decode/hex.js'
import type { Origin, Turns } from './field.js'

/** Fewer bytes of prose in a row do not separate the text before them from the text behind. */
const SEPARATING_BYTES = 160
/** Bytes of the prose on either side that an excerpt keeps. */
const KEPT_BYTES = 48
/** How far back a blank is looked for to cut at, in bytes. */
const LONGEST_WORD = 16

const SPACE = 32
const QUOTE = 34
const PERCENT = 37
const PLUS = 43
const QUESTION_MARK = 63
const BACKSLASH = 92
const SMALL_N = 110
const SMALL_R = 114
const SMALL_T = 116
const SMALL_U = 117

const PLAIN = 1
const MARK = 2
const ESCAPE = 4
/** The bits of a class that prose may have. An escape's class stands below its length, which is this many times as much. */
const OF_PROSE = PLAIN | MARK
const LENGTH_UNIT = 4

/** The characters of prose: letters of any language, digits, blanks, stops; and marks, as in `it's (so)`, where one of those follows. */
const CLASS = new Uint8Array(256)
CLASS.fill(PLAIN, 0x80)
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \t\r\n.,') CLASS[letter.charCodeAt(0)] = PLAIN
for (const letter of ':-()"\'?!') CLASS[letter.charCodeAt(0)] = MARK
// Full-width forms begin with it, and imitate characters that are not prose.
CLASS[0xef] = 0
const FORM_CLASS = Uint8Array.from(CLASS)
FORM_CLASS[PERCENT] = ESCAPE
FORM_CLASS[PLUS] = PLAIN
const STRING_CLASS = Uint8Array.from(CLASS)
STRING_CLASS[BACKSLASH] = ESCAPE

/** Receives an excerpt, as a range of the text's bytes. */
export type ExcerptVisitor = (start: number, end: number) => void

/**
 * Visits parts that stand out of prose. A long text is cut wherever it is only prose for a while; the text between two cuts is
 * visited if it is short. Source code and markup have few such parts, since no prose separates them.
 *
 * ```
 *   They met on Monday, and then … they drove home' or 1=1-- while the others … and so it ended
 *   └── excerpt ─┘      prose      └──────────── excerpt ─────────┘  prose     └── excerpt ──┘
 * ```
 * Yields after each of them. O(end - start).
 * @param limit - longest excerpt that is visited, in bytes
 */
export function* visitExcerpts(origin: Origin, bytes: Buffer, start: number, end: number, limit: number, visit: ExcerptVisitor): Turns {
  const { isForm } = origin
  let from = start
  let index = start
  while (index < end) {
    const proseEnd = endOfProse(bytes, index, end, isForm)
    if (proseEnd - index >= SEPARATING_BYTES) {
      const stop = cutNear(bytes, index + KEPT_BYTES)
      if (stop - from <= limit) visit(from, stop)
      yield
      from = cutNear(bytes, proseEnd - KEPT_BYTES)
    }
    index = proseEnd + 1
  }
  if (end - from <= limit) visit(from, end)
}

/** Where the prose that begins at `from` ends; `from` itself where none begins. */
function endOfProse(bytes: Buffer, from: number, end: number, isForm: boolean): number {
  const classes = isForm ? FORM_CLASS : STRING_CLASS
  /** Where the last mark stood if nothing has followed it yet: prose ends there unless something plain does. */
  let mark = -1
  let index = from
  while (index < end) {
    let kind = classes[bytes[index] as number] as number
    if (kind === PLAIN) {
      mark = -1
      index += 1
      continue
    }
    let length = 1
    if (kind === ESCAPE) {
      const escaped = isForm ? percentAt(bytes, index, end) : backslashAt(bytes, index, end)
      kind = escaped % LENGTH_UNIT
      length = Math.floor(escaped / LENGTH_UNIT)
    }
    if (kind === 0 || (kind === MARK && mark >= 0)) return mark < 0 ? index : mark
    mark = kind === MARK ? index : -1
    index += length
  }
  return end
}

/** The class of the character of `%HH`, and its length in {@link LENGTH_UNIT}s; of class 0 without such an escape. */
function percentAt(bytes: Uint8Array, at: number, end: number): number {
  const value = readHex(bytes, at + 1, end, 2)
  return value < 0 ? 0 : 3 * LENGTH_UNIT + ((CLASS[value] as number) & OF_PROSE)
}

/** The same of an escape in a JSON string. */
function backslashAt(bytes: Uint8Array, at: number, end: number): number {
  const escaped = at + 1 < end ? (bytes[at + 1] as number) : 0
  if (escaped === SMALL_N || escaped === SMALL_R || escaped === SMALL_T) return 2 * LENGTH_UNIT + PLAIN
  if (escaped === QUOTE) return 2 * LENGTH_UNIT + MARK
  if (escaped !== SMALL_U) return 0
  const value = foldCodePoint(readHex(bytes, at + 2, end, 4))
  if (value < 0) return 0
  // Letters beyond Latin-1 are folded to question marks, which need no escape.
  return 6 * LENGTH_UNIT + (value === QUESTION_MARK ? PLAIN : (CLASS[value] as number) & OF_PROSE)
}

/** A place at or before `at` that is between two words, or at least not inside an escape. */
function cutNear(bytes: Uint8Array, at: number): number {
  for (let index = at; index > at - LONGEST_WORD; index -= 1) {
    const byte = bytes[index] as number
    if (byte === SPACE || byte === PLUS || byte === PERCENT || byte === BACKSLASH) return index
  }
  return at
}
