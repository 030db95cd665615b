import type { DecodedText } from './decoded-text.js'
import { foldCodePoint } from './fold.js'
import { hexDigit } from './hex.js'

const AMPERSAND = 38
const HASH = 35
const SEMICOLON = 59
/** Digits of a numeric reference that are read; zeros in front of it are free, up to the text's end. */
const MAX_DIGITS = 7
const LONGEST_NAME = 8

/** The named references that attacks hide behind: markup, quotes, and the blanks that browsers skip in `java&Tab;script:`. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['lt', 60],
  ['gt', 62],
  ['amp', 38],
  ['quot', 34],
  ['apos', 39],
  ['colon', 58],
  ['semi', 59],
  ['tab', 9],
  ['newline', 10],
  ['nbsp', 32],
  ['lpar', 40],
  ['rpar', 41],
  ['lbrace', 123],
  ['lcub', 123],
  ['rbrace', 125],
  ['rcub', 125],
  ['lbrack', 91],
  ['rbrack', 93],
  ['dollar', 36],
  ['sol', 47],
  ['bsol', 92],
  ['period', 46],
  ['comma', 44],
  ['equals', 61],
  ['grave', 96],
  ['verbar', 124],
  ['num', 35],
  ['excl', 33],
  ['lowbar', 95],
  ['percnt', 37]
])

/** Decodes `&name;`, `&#decimal` and `&#xhex`, with or without the semicolon. Others stay as they are. */
export function decodeEntities(text: DecodedText): boolean {
  const { bytes, offsets, length } = text
  let write = 0
  let changed = false
  for (let read = 0; read < length; write += 1) {
    let value = bytes[read] as number
    let consumed = 1
    if (value === AMPERSAND && read + 2 < length) {
      const end = bytes[read + 1] === HASH ? numericEnd(text, read + 2) : namedEnd(text, read + 1)
      if (end.length > 0) {
        value = end.value
        consumed = end.length
        changed = true
      }
    }
    bytes[write] = value
    offsets[write] = offsets[read] as number
    read += consumed
  }
  text.length = write
  return changed
}

const NONE = { value: 0, length: 0 } as const

function numericEnd(text: DecodedText, start: number): { value: number; length: number } {
  const { bytes, length } = text
  const hexadecimal = ((bytes[start] ?? 0) | 32) === 120
  let index = hexadecimal ? start + 1 : start
  const first = index
  while (index < length && bytes[index] === 48) index += 1
  let codePoint = 0
  let digits = 0
  while (index < length && digits < MAX_DIGITS) {
    const digit = hexDigit(bytes[index])
    if (digit < 0 || (digit > 9 && !hexadecimal)) break
    codePoint = codePoint * (hexadecimal ? 16 : 10) + digit
    digits += 1
    index += 1
  }
  if (index === first) return NONE
  if (index < length && bytes[index] === SEMICOLON) index += 1
  return { value: foldCodePoint(codePoint), length: index - start + 2 }
}

function namedEnd(text: DecodedText, start: number): { value: number; length: number } {
  const { bytes, length } = text
  let end = start
  while (end < length && end - start < LONGEST_NAME && isLetter(bytes[end] as number)) end += 1
  for (let stop = end; stop - start >= 2; stop -= 1) {
    const value = NAMES.get(bytes.toString('latin1', start, stop).toLowerCase())
    if (value === undefined) continue
    const closed = bytes[stop] === SEMICOLON
    // Without its semicolon only the whole word counts: `&lt3` but not `&lthing`, save for a brace before a scheme.
    if (!closed && stop !== end && value !== 123) continue
    return { value, length: stop - start + 1 + (closed ? 1 : 0) }
  }
  return NONE
}

function isLetter(byte: number): boolean {
  const folded = byte | 32
  return folded >= 97 && folded <= 122
}
