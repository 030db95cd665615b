import type { FieldVisitor } from '../field.js'

const QUOTE = 34
const BACKSLASH = 92

/** Bytes that may stand between the strings of a JSON text: blanks, brackets, colon, comma, numbers, true, false, null. */
const BETWEEN = new Uint8Array(256)
for (const letter of ' \t\r\n{}[]:,+-.0123456789eEtrufalsn') BETWEEN[letter.charCodeAt(0)] = 1

/**
 * Visits each string of a JSON text, names and values alike, without its quotes.
 * @returns where it stopped being JSON, or `end`
 */
export function visitJson(bytes: Uint8Array, start: number, end: number, visit: FieldVisitor): number {
  let index = start
  while (index < end) {
    const byte = bytes[index] as number
    if (byte !== QUOTE) {
      if (BETWEEN[byte] === 0) return index
      index += 1
      continue
    }
    const from = index + 1
    let to = from
    while (to < end && bytes[to] !== QUOTE) to += bytes[to] === BACKSLASH ? 2 : 1
    if (to >= end) return index
    if (to > from) visit('string', from, to)
    index = to + 1
  }
  return end
}
