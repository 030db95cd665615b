import { type FieldReader, ORIGIN, type Turns } from './field.js'
import { LAYOUT } from './layout.js'

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
  const walk = { at: start, stopped: end, unclosed: start }
  while (!takeStrings(walk, bytes, start, end, reader)) yield
  return walk.stopped
}

/** How far a text is read, and what of it was not JSON. */
interface Walk {
  at: number
  /** The first place that was not JSON. */
  stopped: number
  /** Up to where no apostrophe closes, so that none is looked for twice. */
  unclosed: number
}

/** Goes on until all is read, or until a turn is over. A loop over bytes is slower in a generator. Returns whether all was read. */
function takeStrings(walk: Walk, bytes: Buffer, start: number, end: number, reader: FieldReader): boolean {
  let { at: index, stopped, unclosed } = walk
  let isDue = false
  for (; index < end && !isDue; index += 1) {
    const byte = bytes[index] as number
    if (BETWEEN[byte] === 1) continue
    if (byte !== QUOTE && index < stopped) stopped = index
    if (byte !== QUOTE && (byte !== APOSTROPHE || index < unclosed || !mayOpen(bytes, index - 1, start))) continue
    const layout = byte === QUOTE ? LAYOUT.quotedJson : LAYOUT.apostrophedJson
    const passed = reader.pass(ORIGIN.string, bytes, index + 1, end, layout)
    const to = passed < 0 ? reader.read(ORIGIN.string, bytes, index + 1, end, layout) : passed
    if (to < end && bytes[to] === byte) {
      if (passed < 0 && to > index + 1) reader.take(ORIGIN.string, bytes, index + 1, to)
      index = to
      isDue = reader.isDue()
    } else if (byte === QUOTE) {
      stopped = Math.min(stopped, index)
      index = end
    } else {
      unclosed = to
    }
  }
  walk.at = index
  walk.stopped = stopped
  walk.unclosed = unclosed
  return index >= end
}

/** Whether a string may begin behind `at`, and not only an `'s`. */
function mayOpen(bytes: Uint8Array, at: number, start: number): boolean {
  return at < start || BEFORE_STRING[bytes[at] as number] === 1
}
