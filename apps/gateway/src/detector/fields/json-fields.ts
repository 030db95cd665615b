import { type FieldReader, ORIGIN, type Turns } from '../field.js'
import { LAYOUT } from '../layout.js'

const QUOTE = 34
const APOSTROPHE = 39

/** Bytes that may stand between the strings of a JSON text: blanks, brackets, colon, comma, numbers, true, false, null. */
const BETWEEN = new Uint8Array(256)
for (const letter of ' \t\r\n{}[]:,+-.0123456789eEtrufalsn') BETWEEN[letter.charCodeAt(0)] = 1

/** Of those, the ones that a string may follow. */
const BEFORE_STRING = new Uint8Array(256)
for (const letter of ' \t\r\n{[:,') BEFORE_STRING[letter.charCodeAt(0)] = 1

/**
 * Takes each string of a JSON text, names and values alike, without its quotes. Goes on where the text is not JSON: some parsers
 * read comments, words and strings in apostrophes, which end with their line.
 * @returns the first place that was not JSON, or `end`
 */
export function* visitJson(bytes: Buffer, start: number, end: number, reader: FieldReader): Turns<number> {
  let stopped = end
  /** Up to where no apostrophe closes, so that none is looked for twice. */
  let unclosed = start
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    if (BETWEEN[byte] === 0) {
      if (byte !== QUOTE && index < stopped) stopped = index
      if (byte === QUOTE || (byte === APOSTROPHE && index >= unclosed && mayOpen(bytes, index - 1, start))) {
        const to = reader.read(bytes, index + 1, end, byte === QUOTE ? LAYOUT.quotedJson : LAYOUT.apostrophedJson)
        if (to < end && bytes[to] === byte) {
          if (to > index + 1) reader.take(ORIGIN.string, bytes, index + 1, to)
          index = to
          if (reader.isDue()) yield
        } else if (byte === QUOTE) {
          return Math.min(stopped, index)
        } else {
          unclosed = to
        }
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
