import type { DecodedText } from './decoded-text.js'
import { foldCodePoint } from './fold.js'
import { hexDigit, readHex } from './hex.js'

const PERCENT = 37
const PLUS = 43
const SPACE = 32

/** Decodes `%HH` and the `%uHHHH` of old browsers. Malformed sequences stay as they are. */
export function decodePercent(text: DecodedText): boolean {
  return decode(text, false)
}

/** Decodes a form or query value: `+` is a space, then as {@link decodePercent}. */
export function decodeForm(text: DecodedText): boolean {
  return decode(text, true)
}

function decode(text: DecodedText, plusIsSpace: boolean): boolean {
  const { bytes, offsets, length } = text
  let write = 0
  let changed = false
  for (let read = 0; read < length; write += 1) {
    let value = bytes[read] as number
    let consumed = 1
    if (value === PLUS && plusIsSpace) {
      value = SPACE
      changed = true
    } else if (value === PERCENT) {
      const high = read + 2 < length ? hexDigit(bytes[read + 1]) : -1
      const low = high < 0 ? -1 : hexDigit(bytes[read + 2])
      if (low >= 0) {
        value = high * 16 + low
        consumed = 3
      } else if (((bytes[read + 1] ?? 0) | 32) === 117) {
        const codePoint = readHex(bytes, read + 2, length, 4)
        if (codePoint >= 0) {
          value = foldCodePoint(codePoint)
          consumed = 6
        }
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
