/**
 * The one byte that stands for a code point in decoded text: itself when it is below 256, the ASCII twin of full-width forms,
 * enclosed letters and digits, typographic quotes and dots, else `?`. One byte for each, so that decoding never lengthens.
 */
export function foldCodePoint(codePoint: number): number {
  if (codePoint < 0x100) return codePoint
  if (codePoint >= 0xff01 && codePoint <= 0xff5e) return codePoint - 0xfee0
  if (codePoint >= 0x2460 && codePoint <= 0x2468) return codePoint - 0x2460 + 49
  if (codePoint >= 0x24b6 && codePoint <= 0x24cf) return codePoint - 0x24b6 + 97
  if (codePoint >= 0x24d0 && codePoint <= 0x24e9) return codePoint - 0x24d0 + 97
  switch (codePoint) {
    case 0x2018:
    case 0x2019:
    case 0x201b:
    case 0x2032:
    case 0x02b9:
    case 0x02bc:
      return 39
    case 0x201c:
    case 0x201d:
    case 0x2033:
      return 34
    case 0x3002:
    case 0x2024:
      return 46
    case 0x2044:
    case 0x2215:
      return 47
    case 0x24ea:
      return 48
    default:
      return 63
  }
}

/**
 * The code point of a two or three-byte UTF-8 sequence at `index`, overlong ones among them (`C0 AF` is a slash), or -1.
 * The caller learns the length from the lead byte: below E0 it is two.
 */
export function readUtf8(bytes: Uint8Array, index: number, end: number): number {
  const lead = bytes[index] ?? 0
  if (lead < 0xc0 || lead >= 0xf0 || index + 1 >= end) return -1
  const second = (bytes[index + 1] ?? 0) ^ 0x80
  if (second > 63) return -1
  if (lead < 0xe0) return ((lead & 31) << 6) | second
  if (index + 2 >= end) return -1
  const third = (bytes[index + 2] ?? 0) ^ 0x80
  return third > 63 ? -1 : ((lead & 15) << 12) | (second << 6) | third
}
