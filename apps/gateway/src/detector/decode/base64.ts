import type { DecodedText } from './decoded-text.js'

/** Shorter values decode to too little to tell anything. */
const MIN_BYTES = 12
/** Of decoded bytes, the share that must be printable for the text to count as one. */
const PRINTABLE_SHARE = 0.9

const VALUES = new Int8Array(256).fill(-1)
for (const [index, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUES[letter.charCodeAt(0)] = index
}
VALUES[45] = 62
VALUES[95] = 63

/** Decodes a text that is base64 (or base64url) from end to end and holds text itself; else leaves it alone. */
export function decodeBase64(text: DecodedText): boolean {
  const { bytes, offsets } = text
  let end = text.length
  while (end > 0 && (bytes[end - 1] === 61 || bytes[end - 1] === 10 || bytes[end - 1] === 13)) end -= 1
  if (end < MIN_BYTES || end % 4 === 1) return false
  for (let index = 0; index < end; index += 1) {
    if ((VALUES[bytes[index] as number] as number) < 0) return false
  }
  if (!isMostlyPrintable(bytes, end)) return false
  const start = offsets[0] as number
  let write = 0
  let bits = 0
  let held = 0
  for (let read = 0; read < end; read += 1) {
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

function isMostlyPrintable(bytes: Uint8Array, end: number): boolean {
  let bits = 0
  let held = 0
  let printable = 0
  const most = (end * 3 * (1 - PRINTABLE_SHARE)) / 4
  let total = 0
  for (let read = 0; read < end; read += 1) {
    bits = ((bits << 6) | (VALUES[bytes[read] as number] as number)) & 0xffffff
    held += 6
    if (held < 8) continue
    held -= 8
    const byte = (bits >> held) & 0xff
    total += 1
    if ((byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13)) printable += 1
    else if (total - printable > most) return false
  }
  return total > 0
}
