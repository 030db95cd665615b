/**
 * Sizes in groups of at most 12.5 %, eight to each doubling: (2ⁿ, 2ⁿ·9/8], (2ⁿ·9/8, 2ⁿ·10/8], …. Each doubling is a stratum, in which
 * exact totals are kept.
 * @module
 */

/** Doublings up to 2⁴⁰ bytes. */
export const strata = 41

/** The stratum of a size: the number of bits of `bytes - 1`. No branch for sizes below 2 GiB. */
export function stratumOf(bytes: number): number {
  return bytes <= 2 ** 31 ? 32 - Math.clz32(bytes - 1) : Math.ceil(Math.log2(bytes))
}

/** The largest size of the group into which `bytes` falls. */
export function groupSize(bytes: number): number {
  if (bytes <= 8) return bytes
  const step = 2 ** (stratumOf(bytes) - 4)
  return Math.ceil(bytes / step) * step
}
