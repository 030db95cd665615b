/** The value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const folded = byte | 32
  return folded >= 97 && folded <= 102 ? folded - 87 : -1
}

/** Reads `digits` hexadecimal digits of `bytes` from `start`, below `end`; -1 when one is missing. */
export function readHex(bytes: Uint8Array, start: number, end: number, digits: number): number {
  if (start + digits > end) return -1
  let value = 0
  for (let index = start; index < start + digits; index += 1) {
    const digit = hexDigit(bytes[index])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}
