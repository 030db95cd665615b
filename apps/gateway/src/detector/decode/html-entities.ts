import type { DecodedText } from './decoded-text.js'
import { decodeEscapes, escapeOf, NO_ESCAPE } from './escapes.js'
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
  return decodeEscapes(text, AMPERSAND, readEntity)
}

function readEntity(bytes: Buffer, at: number, end: number): number {
  if (at + 2 >= end) return NO_ESCAPE
  return bytes[at + 1] === HASH ? readNumeric(bytes, at + 2, end) : readNamed(bytes, at + 1, end)
}

function readNumeric(bytes: Buffer, start: number, limit: number): number {
  const hexadecimal = ((bytes[start] ?? 0) | 32) === 120
  let index = hexadecimal ? start + 1 : start
  const first = index
  while (index < limit && bytes[index] === 48) index += 1
  let codePoint = 0
  let digits = 0
  while (index < limit && digits < MAX_DIGITS) {
    const digit = hexDigit(bytes[index])
    if (digit < 0 || (digit > 9 && !hexadecimal)) break
    codePoint = codePoint * (hexadecimal ? 16 : 10) + digit
    digits += 1
    index += 1
  }
  if (index === first) return NO_ESCAPE
  if (index < limit && bytes[index] === SEMICOLON) index += 1
  return escapeOf(foldCodePoint(codePoint), index - start + 2)
}

function readNamed(bytes: Buffer, start: number, limit: number): number {
  let end = start
  while (end < limit && end - start < LONGEST_NAME && isLetter(bytes[end] as number)) end += 1
  for (let stop = end; stop - start >= 2; stop -= 1) {
    const value = NAMES.get(bytes.toString('latin1', start, stop).toLowerCase())
    if (value === undefined) continue
    const closed = bytes[stop] === SEMICOLON
    // Without its semicolon only the whole word counts: `&lt3` but not `&lthing`, except for a brace before a scheme.
    if (!closed && stop !== end && value !== 123) continue
    return escapeOf(value, stop - start + 1 + (closed ? 1 : 0))
  }
  return NO_ESCAPE
}

function isLetter(byte: number): boolean {
  const folded = byte | 32
  return folded >= 97 && folded <= 122
}
