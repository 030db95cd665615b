/**
 * Sizes by equal parts of their doubling: 2 ^ `bits` parts between one power of two and the next. Sizes up to 2 ^ `bits` have a part each.
 *
 * ```
 *   bits 2    … 1025 ─ 1280 │ 1281 ─ 1536 │ 1537 ─ 1792 │ 1793 ─ 2048 │ 2049 …
 * ```
 */

/** How many parts there are up to 2 GiB. */
export function partCount(bits: number): number {
  return (33 - bits) << bits
}

/** The part that `bytes` is in, 0 .. {@link partCount} - 1. */
export function partIndex(bytes: number, bits: number): number {
  const last = bytes - 1
  const shift = shiftOf(last, bits)
  return (shift << bits) + (last >>> shift)
}

/** The largest size of the part that `bytes` is in. */
export function partEnd(bytes: number, bits: number): number {
  const last = bytes - 1
  const shift = shiftOf(last, bits)
  return ((last >>> shift) + 1) * 2 ** shift
}

function shiftOf(last: number, bits: number): number {
  return 31 - bits - Math.clz32(last | (1 << bits))
}
