/**
 * The one byte that stands for a code point in decoded text: the ASCII twin of blanks, full-width forms, enclosed letters and digits,
 * typographic quotes and dots, itself when it is below 256, else `?`. One byte for each, so that decoding never lengthens.
 */
export function foldCodePoint(codePoint: number): number {
  if (codePoint < 0x100) return codePoint === 0xa0 ? 32 : codePoint
  if ((codePoint >= 0x2000 && codePoint <= 0x200a) || codePoint === 0x202f || codePoint === 0x205f || codePoint === 0x3000) return 32
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
 * The code point of the UTF-8 sequence at `index`, also of overlong ones of up to six bytes (`C0 AF` and `F0 80 80 AF` are
 * slashes), or -1. Old servers also took the low bits of `C0 2F`, where the second byte does not continue a sequence.
 */
export function readUtf8(bytes: Uint8Array, index: number, end: number): number {
  const lead = bytes[index] ?? 0
  const length = utf8Length(lead)
  if (length === 0 || index + length > end) return -1
  if (lead < 0xc2) return readBroken(lead, bytes[index + 1] as number)
  let codePoint = lead & (0x7f >> length)
  for (let at = index + 1; at < index + length; at += 1) {
    const bits = (bytes[at] as number) ^ 0x80
    if (bits > 63) return -1
    codePoint = codePoint * 64 + bits
  }
  return codePoint
}

/** Bytes of the sequence that `lead` begins, by its high bits; 0 when it begins none. */
export function utf8Length(lead: number): number {
  if (lead < 0xc0 || lead > 0xfd) return 0
  if (lead < 0xe0) return 2
  if (lead < 0xf0) return 3
  if (lead < 0xf8) return 4
  return lead < 0xfc ? 5 : 6
}

/** An overlong sequence of two bytes: exact when the second continues, else only where it can mean a step of a path. */
function readBroken(lead: number, second: number): number {
  if (second >= 0x80 && second < 0xc0) return ((lead & 1) << 6) | (second & 63)
  if (lead === 0xc0 && (second === 46 || second === 47 || second === 92)) return second
  return lead === 0xc1 && second === 28 ? 92 : -1
}
