import type { DecodedText } from './decoded-text.js'

const SPACE = 32
const QUOTE = 39
const DOUBLE_QUOTE = 34
const DOLLAR = 36
const STAR = 42
const SLASH = 47
const BACKSLASH = 92
const CARET = 94

/**
 * Undoes signs that shells and databases skip: SQL comments become a space (`un/**\/ion`, and `/*!50000select*\/` its content),
 * quotes, backslashes and carets inside words go (`c'a't`, `c\at`, `w^ho`), and so do expansions that are empty (`who$@ami`,
 * `pi$()ng`); `$IFS` is a space. One pass, in place.
 */
export function deobfuscate(text: DecodedText): boolean {
  const { bytes, offsets, length } = text
  let write = 0
  let changed = false
  let read = 0
  while (read < length) {
    const byte = bytes[read] as number
    const skip = skippable(bytes, read, length)
    if (skip > 0) {
      changed = true
      const keepsWordsApart = byte === SLASH || byte === STAR || (byte === DOLLAR && isIfs(bytes, read, length))
      if (keepsWordsApart && bytes[write - 1] !== SPACE) {
        bytes[write] = SPACE
        offsets[write] = offsets[read] as number
        write += 1
      }
      read += skip
      continue
    }
    bytes[write] = byte
    offsets[write] = offsets[read] as number
    write += 1
    read += 1
  }
  text.length = write
  return changed
}

/** How many bytes at `at` mean nothing there; 0 when they mean something. */
function skippable(bytes: Uint8Array, at: number, end: number): number {
  const next = bytes[at + 1] ?? 0
  switch (bytes[at]) {
    case SLASH:
      return next === STAR && at + 1 < end ? commentLength(bytes, at, end) : 0
    case STAR:
      return next === SLASH && at + 1 < end ? 2 : 0
    case QUOTE:
    case DOUBLE_QUOTE:
      return at > 0 && at + 1 < end && isWordByte(bytes[at - 1] as number, true) && isWordByte(next, true) ? 1 : 0
    case BACKSLASH:
    case CARET:
      return at + 1 < end && isWordByte(next, false) ? 1 : 0
    case DOLLAR:
      return at + 1 < end ? emptyExpansion(bytes, at, end) : 0
    default:
      return 0
  }
}

/** Of a conditional comment only the opening `/*!50000` goes; of others all, up to an end that is near. */
function commentLength(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 2] === 33) {
    let index = at + 3
    while (index < end && index < at + 9 && (bytes[index] as number) >= 48 && (bytes[index] as number) <= 57) index += 1
    return index - at
  }
  const limit = Math.min(end - 1, at + 128)
  for (let index = at + 2; index < limit; index += 1) {
    if (bytes[index] === STAR && bytes[index + 1] === SLASH) return index + 2 - at
  }
  return 0
}

function emptyExpansion(bytes: Uint8Array, at: number, end: number): number {
  const next = bytes[at + 1] as number
  if (next === 40 && bytes[at + 2] === 41) return 3
  if (isIfs(bytes, at, end)) return next === 123 ? closing(bytes, at, end) : 4
  // A variable of one letter at the end of a word: `cat$u`.
  if (isWordByte(next, false) && isWordByte(bytes[at - 1] ?? 0, false) && !isWordByte(bytes[at + 2] ?? 0, false)) return 2
  if (next === DOLLAR || next === 64 || next === STAR || next === 63 || next === 33) return 2
  return 0
}

function isIfs(bytes: Uint8Array, at: number, end: number): boolean {
  const start = bytes[at + 1] === 123 ? at + 2 : at + 1
  return start + 2 < end && bytes[start] === 73 && bytes[start + 1] === 70 && bytes[start + 2] === 83
}

function closing(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + 16)
  for (let index = at; index < limit; index += 1) if (bytes[index] === 125) return index + 1 - at
  return 5
}

function isWordByte(byte: number, orQuote: boolean): boolean {
  const folded = byte | 32
  if (folded >= 97 && folded <= 122) return true
  if (byte >= 48 && byte <= 57) return true
  return orQuote && (byte === QUOTE || byte === DOUBLE_QUOTE)
}
