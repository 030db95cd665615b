import type { DecodedText } from './decoded-text.js'
import { decodeEscapes, escapeOf, NO_ESCAPE } from './escapes.js'
import { foldCodePoint } from './fold.js'
import { readHex } from './hex.js'

const PERCENT = 37
const PLUS = 43
const SPACE = 32
const SMALL_U = 117

/** Decodes `%HH` and the `%uHHHH` of old browsers. Malformed sequences stay as they are. */
export function decodePercent(text: DecodedText): boolean {
  return decodeEscapes(text, PERCENT, readPercent)
}

/** Decodes a form or query value: `+` is a space, then as {@link decodePercent}. */
export function decodeForm(text: DecodedText): boolean {
  const { bytes, length } = text
  let changed = false
  for (let index = 0; index < length; index += 1) {
    if (bytes[index] !== PLUS) continue
    bytes[index] = SPACE
    changed = true
  }
  return decodePercent(text) || changed
}

/** Reads `%HH` or `%uHHHH` at `at`. */
export function readPercent(bytes: Buffer, at: number, end: number): number {
  const byte = readHex(bytes, at + 1, end, 2)
  if (byte >= 0) return escapeOf(byte, 3)
  const codePoint = ((bytes[at + 1] ?? 0) | 32) === SMALL_U ? readHex(bytes, at + 2, end, 4) : -1
  return codePoint < 0 ? NO_ESCAPE : escapeOf(foldCodePoint(codePoint), 6)
}
