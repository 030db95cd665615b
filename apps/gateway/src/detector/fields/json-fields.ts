import type { FieldVisitor } from '../field.js'

const QUOTE = 34
const APOSTROPHE = 39
const NEWLINE = 10
const BACKSLASH = 92

/** Bytes that may stand between the strings of a JSON text: blanks, brackets, colon, comma, numbers, true, false, null. */
const BETWEEN = new Uint8Array(256)
for (const letter of ' \t\r\n{}[]:,+-.0123456789eEtrufalsn') BETWEEN[letter.charCodeAt(0)] = 1

/** Of those, the ones that a string may follow. */
const BEFORE_STRING = new Uint8Array(256)
for (const letter of ' \t\r\n{[:,') BEFORE_STRING[letter.charCodeAt(0)] = 1

/**
 * Visits each string of a JSON text, names and values alike, without its quotes. Goes on where it is none: there are parsers that
 * read comments, words and strings in apostrophes, which end with their line.
 * @returns where it first was no JSON, or `end`
 */
export function visitJson(bytes: Uint8Array, start: number, end: number, visit: FieldVisitor): number {
  let stopped = end
  /** Up to where no apostrophe closes, so that none is looked for twice. */
  let unclosed = start
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    if (BETWEEN[byte] === 0 && byte !== QUOTE) stopped = Math.min(stopped, index)
    if (byte === QUOTE || (byte === APOSTROPHE && index >= unclosed && mayOpen(bytes, index - 1, start))) {
      const to = endOfString(bytes, index + 1, end, byte)
      if (bytes[to] === byte && to < end) {
        if (to > index + 1) visit('string', index + 1, to)
        index = to
      } else if (byte === QUOTE) {
        return Math.min(stopped, index)
      } else {
        unclosed = to
      }
    }
    index += 1
  }
  return stopped
}

/** Whether a string may begin behind `at`, and not only an `'s`. */
function mayOpen(bytes: Uint8Array, at: number, start: number): boolean {
  return at < start || BEFORE_STRING[bytes[at] as number] === 1
}

/** Where a string closes that began with `quote`, or `end`, or where the line ends that one in apostrophes must not leave. */
function endOfString(bytes: Uint8Array, from: number, end: number, quote: number): number {
  let to = from
  while (to < end && bytes[to] !== quote && (quote === QUOTE || bytes[to] !== NEWLINE)) to += bytes[to] === BACKSLASH ? 2 : 1
  return Math.min(to, end)
}
