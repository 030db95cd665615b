import type { DecodedText } from './decoded-text.js'
import { foldCodePoint } from './fold.js'
import { hexDigit, readHex } from './hex.js'

const BACKSLASH = 92
const MAX_BRACED_DIGITS = 6

const SIMPLE: ReadonlyMap<number, number> = new Map([
  [110, 10],
  [114, 13],
  [116, 9],
  [98, 8],
  [102, 12]
])

/** Decodes the escapes of a JSON string: `\n`, `\"`, `\\`, `\uHHHH`. */
export function decodeJson(text: DecodedText): boolean {
  return decode(text, true)
}

/** Decodes `\xHH`, `\uHHHH` and `\u{H…}`; other backslashes stay, for they may be Windows paths or patterns. */
export function decodeJsEscapes(text: DecodedText): boolean {
  return decode(text, false)
}

function decode(text: DecodedText, json: boolean): boolean {
  const { bytes, offsets, length } = text
  let write = 0
  let changed = false
  for (let read = 0; read < length; write += 1) {
    let value = bytes[read] as number
    let consumed = 1
    if (value === BACKSLASH && read + 1 < length) {
      const escaped = bytes[read + 1] as number
      const hexadecimal = escaped === 117 || escaped === 120 ? readHex(bytes, read + 2, length, escaped === 117 ? 4 : 2) : -1
      if (hexadecimal >= 0) {
        value = foldCodePoint(hexadecimal)
        consumed = escaped === 117 ? 6 : 4
      } else if (escaped === 117 && bytes[read + 2] === 123) {
        const braced = readBraced(bytes, read + 3, length)
        if (braced.length > 0) {
          value = foldCodePoint(braced.value)
          consumed = 4 + braced.length
        }
      } else if (json) {
        value = SIMPLE.get(escaped) ?? escaped
        consumed = 2
      }
      if (consumed > 1) changed = true
    }
    bytes[write] = value
    offsets[write] = offsets[read] as number
    read += consumed
  }
  text.length = write
  return changed
}

function readBraced(bytes: Uint8Array, start: number, end: number): { value: number; length: number } {
  let value = 0
  let index = start
  while (index < end && index - start < MAX_BRACED_DIGITS && hexDigit(bytes[index]) >= 0) {
    value = value * 16 + hexDigit(bytes[index])
    index += 1
  }
  return index > start && bytes[index] === 125 ? { value, length: index - start } : { value: 0, length: 0 }
}
