import { foldCodePoint } from './fold.js'

/** Bytes in another encoding, in one that fields are read in. */
export interface Recoded {
  readonly bytes: Buffer
  /** Bytes of the original for each of them, from its start; 0 where that differs, and only the start is known. */
  readonly unit: number
}

const BYTE_ORDER_MARK = 0xfeff
const UNKNOWN = 63
/** Stands for letters beyond Latin-1, whose twin in ASCII would be a question mark. */
const A_LETTER = 0xaa

/** UTF-16 or UTF-32, told by a byte order mark or the zeros of its first characters: a byte for each code unit, folded as all text is. */
export function narrowed(bytes: Buffer, start: number, end: number): Recoded | undefined {
  if (end - start < 4 || (bytes[start] !== 0 && bytes[start + 1] !== 0 && (bytes[start] as number) < 0xfe)) return undefined
  const read = [
    { unit: 4, at: (index: number) => bytes.readUInt32LE(index) },
    { unit: 4, at: (index: number) => bytes.readUInt32BE(index) },
    { unit: 2, at: (index: number) => bytes.readUInt16LE(index) },
    { unit: 2, at: (index: number) => bytes.readUInt16BE(index) }
  ].find(({ unit, at }) => at(start) === BYTE_ORDER_MARK || (isAscii(at(start)) && (end - start < 2 * unit || isAscii(at(start + unit)))))
  if (read === undefined) return undefined
  const { unit, at } = read
  const narrow = Buffer.allocUnsafe(Math.floor((end - start) / unit))
  for (let index = 0; index < narrow.length; index += 1) {
    const point = at(start + index * unit)
    const folded = point === BYTE_ORDER_MARK ? 32 : foldCodePoint(point)
    narrow[index] = folded === UNKNOWN && point !== UNKNOWN ? A_LETTER : folded
  }
  return { bytes: narrow, unit }
}

/** The content of a part, as its transfer encoding says. */
export function transferred(encoding: string, bytes: Buffer, start: number, end: number): Recoded | undefined {
  if (encoding !== 'base64' && encoding !== 'quoted-printable') return undefined
  const text = bytes.toString('latin1', start, end)
  if (encoding === 'base64') return { bytes: Buffer.from(text, 'base64'), unit: 0 }
  const plain = text
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return { bytes: Buffer.from(plain, 'latin1'), unit: 0 }
}

function isAscii(point: number): boolean {
  return point >= 9 && point < 127
}
