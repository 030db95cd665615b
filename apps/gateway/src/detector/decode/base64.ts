import type { DecodedText } from './decoded-text.js'
import { readHex } from './hex.js'

/** Shorter values decode to too few bytes for a verdict. */
const MIN_BYTES = 12
const PERCENT = 37
const PLUS = 43
const EQUALS = 61
const BACKSLASH = 92
/** Of shorter values all decoded bytes must be printable: a name such as `Pacific/Midway` is base64 too. */
const SURE_BYTES = 40
/** Of decoded bytes, the share that must be printable for the text to count as one. */
const PRINTABLE_SHARE = 0.9

const VALUES = new Int8Array(256).fill(-1)
for (const [index, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUES[letter.charCodeAt(0)] = index
}
VALUES[45] = 62
VALUES[95] = 63

/** The part that a byte may have in base64: none, a letter, a blank beside it, or another one, as a line end, a pad or an escape. */
const PART = { none: 0, letter: 1, blank: 2, other: 3 } as const
const PARTS = Uint8Array.from(VALUES, (value) => (value < 0 ? PART.none : PART.letter))
for (const letter of ' \t\v\f') PARTS[letter.charCodeAt(0)] = PART.blank
for (const letter of '\r\n=%\\') PARTS[letter.charCodeAt(0)] = PART.other

/**
 * Whether `bytes[start, end)` may be base64, apart from blanks around it, as it stands or escaped in a form or a string of JSON. Few texts may, and
 * a look at their first bytes tells.
 */
export function mayHoldBase64(bytes: Uint8Array, start: number, end: number, plusIsBlank: boolean): boolean {
  if (end - start < MIN_BYTES) return false
  let index = start
  while (index < end && PARTS[bytes[index] as number] === PART.letter) index += 1
  if (index < end) {
    const part = PARTS[bytes[index] as number]
    if (part === PART.none || (part === PART.blank && index > start && PARTS[bytes[index + 1] as number] === PART.letter)) return false
  }
  index = start
  let first = end
  let isEscaped = false
  for (; index < end; index += 1) {
    const byte = bytes[index] as number
    if (byte === BACKSLASH) return true
    if (byte === PERCENT) {
      const value = readHex(bytes, index + 1, end, 2)
      if (!mayStandInBase64(value)) return false
      if (!isBlank(value)) first = Math.min(first, index)
      isEscaped = true
      index += 2
    } else if (first < index || !mayBeBlank(byte)) {
      if (((VALUES[byte] as number) < 0 && !isLineEnd(byte)) || (plusIsBlank && byte === PLUS)) break
      first = Math.min(first, index)
    }
  }
  // Only decoding shows the text behind escapes.
  if (index >= end) return isEscaped || holdsBase64(bytes, first, end)
  while (index < end && mayPad(bytes[index] as number)) index += 1
  return index === end || bytes[index] === PERCENT || bytes[index] === BACKSLASH
}

function mayStandInBase64(value: number): boolean {
  return value === EQUALS || isBlank(value) || (value >= 0 && (VALUES[value] as number) >= 0)
}

/** Whether a byte may be a blank, as it is or in a form. */
function mayBeBlank(byte: number): boolean {
  return isBlank(byte) || byte === PLUS
}

function mayPad(byte: number): boolean {
  return mayBeBlank(byte) || byte === EQUALS
}

/**
 * Whether `bytes[start, end)` is base64 (or base64url), apart from line ends in it and blanks around it, and holds text itself. A few bytes decide for most words
 * and names.
 */
export function holdsBase64(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < MIN_BYTES) return false
  const from = firstLetter(bytes, start, end)
  const to = unpadded(bytes, from, end)
  const length = to - from
  if (length < MIN_BYTES) return false
  let bits = 0
  let held = 0
  let printable = 0
  let total = 0
  const most = length < SURE_BYTES ? 0 : (length * 3 * (1 - PRINTABLE_SHARE)) / 4
  let letters = 0
  for (let read = from; read < to; read += 1) {
    const value = VALUES[bytes[read] as number] as number
    if (value < 0) {
      if (isLineEnd(bytes[read] as number)) continue
      return false
    }
    letters += 1
    bits = ((bits << 6) | value) & 0xffffff
    held += 6
    if (held < 8) continue
    held -= 8
    const byte = (bits >> held) & 0xff
    total += 1
    if ((byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13)) printable += 1
    else if (total - printable > most) return false
  }
  return letters % 4 !== 1
}

/** Decodes a text that {@link holdsBase64}; else leaves it alone. */
export function decodeBase64(text: DecodedText): boolean {
  const { bytes, offsets } = text
  if (!holdsBase64(bytes, 0, text.length)) return false
  const from = firstLetter(bytes, 0, text.length)
  const end = unpadded(bytes, from, text.length)
  const start = offsets[from] as number
  let write = 0
  let bits = 0
  let held = 0
  for (let read = from; read < end; read += 1) {
    if (isLineEnd(bytes[read] as number)) continue
    bits = ((bits << 6) | (VALUES[bytes[read] as number] as number)) & 0xffffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[write] = (bits >> held) & 0xff
    offsets[write] = start
    write += 1
  }
  text.length = write
  return true
}

/** Where the blanks before a text end. */
function firstLetter(bytes: Uint8Array, start: number, end: number): number {
  let from = start
  while (from < end && isBlank(bytes[from] as number)) from += 1
  return from
}

/** Where the padding and the blanks behind a text begin. */
function unpadded(bytes: Uint8Array, start: number, end: number): number {
  let to = end
  while (to > start && (bytes[to - 1] === EQUALS || isBlank(bytes[to - 1] as number))) to -= 1
  return to
}

/** Whether a byte ends a line, as mail wraps base64. */
function isLineEnd(byte: number): boolean {
  return byte === 10 || byte === 13
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}
