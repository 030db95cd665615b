import { foldCodePoint } from './fold.js'
import { readHex } from './hex.js'

/** Bytes in another encoding, in one that fields are read in. */
export interface Recoded {
  readonly bytes: Buffer
  /** Bytes of the original for each of them, from its start; 0 where that differs, and only the start is known. */
  readonly unit: number
  /** Whether no server would take the original for text as it stands. */
  readonly isCertain: boolean
}

const NEWLINE = 10
const EQUALS = 61
const BYTE_ORDER_MARK = 0xfeff
/** So many bytes without a zero may be a word of text in bytes. */
const WORD_BYTES = 6
const UNKNOWN = 63
/** Stands for letters beyond Latin-1, whose twin in ASCII would be a question mark. */
const A_LETTER = 0xaa

/** UTF-16 or UTF-32, told by a byte order mark or the zeros of its first characters: a byte for each code unit, folded as all text is. */
export function narrowed(bytes: Buffer, start: number, end: number): Recoded | undefined {
  if (end - start < 4 || (bytes[start] !== 0 && bytes[start + 1] !== 0 && (bytes[start] as number) < 0xfe)) return undefined
  const read = [
    { unit: 4, low: 0, at: (index: number) => bytes.readUInt32LE(index) },
    { unit: 4, low: 0, at: (index: number) => bytes.readUInt32BE(index) },
    { unit: 2, low: 0, at: (index: number) => bytes.readUInt16LE(index) },
    { unit: 2, low: 1, at: (index: number) => bytes.readUInt16BE(index) }
  ].find(({ unit, at }) => at(start) === BYTE_ORDER_MARK || (isAscii(at(start)) && (end - start < 2 * unit || isAscii(at(start + unit)))))
  if (read === undefined) return undefined
  const { unit, low, at } = read
  const narrow = Buffer.allocUnsafe(Math.floor((end - start) / unit))
  let isCertain = true
  let wide = 0
  for (let index = 0; index < narrow.length; index += 1) {
    const place = start + index * unit
    // A call of `at` for each takes three times as long.
    const point = unit === 2 ? (bytes[place + low] as number) | ((bytes[place + 1 - low] as number) << 8) : at(place)
    if (point < 0x80) {
      narrow[index] = point
      wide = 0
      continue
    }
    wide = point < 0x100 || index === 0 ? 0 : wide + unit
    if (wide >= WORD_BYTES) isCertain = false
    const folded = point === BYTE_ORDER_MARK ? 32 : foldCodePoint(point)
    narrow[index] = folded === UNKNOWN && point !== UNKNOWN ? A_LETTER : folded
  }
  return { bytes: narrow, unit, isCertain }
}

/** The content of a part, as its transfer encoding says. */
export function transferred(encoding: string, bytes: Buffer, start: number, end: number): Recoded | undefined {
  if (encoding === 'base64') {
    const text = bytes.toString('latin1', start, end)
    return { bytes: Buffer.from(text, 'base64'), unit: 0, isCertain: /^[\w+/=\s-]*$/.test(text) }
  }
  if (encoding !== 'quoted-printable') return undefined
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end; at += 1) {
    const escaped = bytes[at] === EQUALS ? readHex(bytes, at + 1, end, 2) : -1
    if (escaped >= 0) at += 2
    // Any other equals sign joins two lines.
    else if (bytes[at] === EQUALS) {
      while (at < end && bytes[at] !== NEWLINE) at += 1
      continue
    }
    plain[length] = escaped < 0 ? (bytes[at] as number) : escaped
    length += 1
  }
  return { bytes: plain.subarray(0, length), unit: 0, isCertain: false }
}

function isAscii(point: number): boolean {
  return point >= 9 && point < 127
}
