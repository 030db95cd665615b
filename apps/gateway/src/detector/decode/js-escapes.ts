import type { DecodedText } from './decoded-text.js'
import { decodeEscapes, escapeOf, NO_ESCAPE } from './escapes.js'
import { foldCodePoint } from './fold.js'
import { hexDigit, readHex } from './hex.js'

const BACKSLASH = 92
const SMALL_U = 117
const SMALL_X = 120
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const MAX_BRACED_DIGITS = 6

/** For each byte behind a backslash, the byte that both stand for: itself but for a few letters. */
const SIMPLE = Uint8Array.from({ length: 256 }, (_, byte) => byte)
for (const [index, letter] of [...'bfnrt'].entries()) SIMPLE[letter.charCodeAt(0)] = '\b\f\n\r\t'.charCodeAt(index)

/** Decodes the escapes of a JSON string: `\n`, `\"`, `\\`, `\uHHHH`. */
export function decodeJson(text: DecodedText): boolean {
  return decodeEscapes(text, BACKSLASH, readJsonEscape)
}

/** Decodes `\xHH`, `\uHHHH` and `\u{H…}`; other backslashes stay, for they may be Windows paths or patterns. */
export function decodeJsEscapes(text: DecodedText): boolean {
  return decodeEscapes(text, BACKSLASH, readJsEscape)
}

/** Reads the escape of a JSON string at `at`. */
export function readJsonEscape(bytes: Buffer, at: number, end: number): number {
  if (at + 1 === end) return NO_ESCAPE
  const found = readJsEscape(bytes, at, end)
  return found === NO_ESCAPE ? escapeOf(SIMPLE[bytes[at + 1] as number] as number, 2) : found
}

function readJsEscape(bytes: Buffer, at: number, end: number): number {
  const kind = bytes[at + 1]
  if (at + 1 === end || (kind !== SMALL_U && kind !== SMALL_X)) return NO_ESCAPE
  const digits = kind === SMALL_U ? 4 : 2
  const codePoint = readHex(bytes, at + 2, end, digits)
  if (codePoint >= 0) return escapeOf(foldCodePoint(codePoint), 2 + digits)
  return kind === SMALL_U && bytes[at + 2] === OPEN_BRACE ? readBraced(bytes, at + 3, end) : NO_ESCAPE
}

function readBraced(bytes: Buffer, start: number, end: number): number {
  let codePoint = 0
  let index = start
  while (index < end && index - start < MAX_BRACED_DIGITS && hexDigit(bytes[index]) >= 0) {
    codePoint = codePoint * 16 + hexDigit(bytes[index])
    index += 1
  }
  return index > start && bytes[index] === CLOSE_BRACE ? escapeOf(foldCodePoint(codePoint), 4 + index - start) : NO_ESCAPE
}
