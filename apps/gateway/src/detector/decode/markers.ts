const PLUS = 1
const PERCENT = 2
const AMPERSAND = 4
const BACKSLASH = 8
const HIGH = 16
const DISGUISE = 32

/** What the bytes of a text may need decoding for; flags. */
export const MARKERS = { PLUS, PERCENT, AMPERSAND, BACKSLASH, HIGH, DISGUISE } as const

const FLAGS = new Uint8Array(256)
for (let byte = 0xc0; byte < 0xfe; byte += 1) FLAGS[byte] = HIGH
FLAGS[43] = PLUS
FLAGS[37] = PERCENT
FLAGS[38] = AMPERSAND
FLAGS[92] = BACKSLASH | DISGUISE
for (const letter of '\'"$^*') FLAGS[letter.charCodeAt(0)] = DISGUISE

/** The flags of all bytes of `bytes[start, end)` together. */
export function markersIn(bytes: Uint8Array, start: number, end: number): number {
  let flags = 0
  for (let index = start; index < end; index += 1) flags |= FLAGS[bytes[index] as number] as number
  return flags
}

/** Whether `bytes[start, end)` holds an encoding, not merely one of its characters: `%41`, `&#`, `&lt;`-like, `\u`, `\x`. */
export function holdsEncoding(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end - 2; index += 1) {
    const byte = bytes[index] as number
    if ((FLAGS[byte] as number) === 0) continue
    const next = bytes[index + 1] as number
    if (byte === 37) {
      if (isHexOrU(next) && isHexOrU(bytes[index + 2] as number)) return true
    } else if (byte === 38) {
      if (next === 35 || (isLetter(next) && isLetter(bytes[index + 2] as number))) return true
    } else if (byte === 92) {
      if ((next === 117 || next === 120) && isHexOrU(bytes[index + 2] as number)) return true
    }
  }
  return false
}

function isHexOrU(byte: number): boolean {
  const folded = byte | 32
  return (byte >= 48 && byte <= 57) || (folded >= 97 && folded <= 102) || folded === 117 || byte === 123
}

function isLetter(byte: number): boolean {
  const folded = byte | 32
  return folded >= 97 && folded <= 122
}
