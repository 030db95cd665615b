import type { DecodedText, Decoder } from './decoded-text.js'
import { foldCodePoint, readUtf8, utf8Length } from './fold.js'
import { decodeEntities } from './html-entities.js'
import { decodeJsEscapes } from './js-escapes.js'
import { decodePercent } from './url.js'

/** Encodings nest; those that nest deeper than this are left. */
const MAX_ROUNDS = 4

const ROUND: readonly Decoder[] = [decodePercent, decodeEntities, decodeJsEscapes]

/** Undoes nested URL, entity and JavaScript encodings, then folds look-alike characters to ASCII. At most four rounds. */
export function normalise(text: DecodedText): boolean {
  let changed = false
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    let again = false
    for (const decode of ROUND) again = decode(text) || again
    if (!again) break
    changed = true
  }
  return foldUtf8(text) || changed
}

/** Replaces UTF-8 sequences of look-alikes (full-width, enclosed, typographic, overlong) by the ASCII that they imitate; drops invisible ones. */
export function foldUtf8(text: DecodedText): boolean {
  const { bytes, offsets, length } = text
  let write = 0
  let changed = false
  for (let read = 0; read < length; write += 1) {
    let value = bytes[read] as number
    let consumed = 1
    if (value >= 0xc0) {
      const codePoint = readUtf8(bytes, read, length)
      if (isInvisible(codePoint)) {
        read += utf8Length(value)
        write -= 1
        changed = true
        continue
      }
      const folded = codePoint < 0 ? 63 : codePoint === 0xb4 ? 39 : foldCodePoint(codePoint)
      if (folded < 128 && folded !== 63) {
        consumed = utf8Length(value)
        value = folded
        changed = true
      }
    }
    bytes[write] = value
    offsets[write] = offsets[read] as number
    read += consumed
  }
  text.length = write
  return changed
}

/** Whether a character has no width, so that it takes a word apart which the reader sees as one: soft hyphens, joiners, byte order marks. */
function isInvisible(codePoint: number): boolean {
  return (
    codePoint === 0xad ||
    (codePoint >= 0x200b && codePoint <= 0x200f) ||
    (codePoint >= 0x2060 && codePoint <= 0x2064) ||
    codePoint === 0xfeff
  )
}
