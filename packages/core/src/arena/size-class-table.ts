/**
 * Which class serves a size: the smallest that is large enough.
 *
 * The bits of `bytes - 1` below the leading one choose a quarter of its doubling; a table of those quarters gives the first
 * class that could serve. Where a list of one's own has several classes in a quarter, that one may be too small.
 *
 * ```
 *   bytes    … 1025 ─ 1280 │ 1281 ─ 1536 │ 1537 ─ 1792 │ 1793 ─ 2048 │ 2049 …
 *   quarter       10.0     │    10.1     │    10.2     │    10.3     │
 * ```
 */
export class SizeClassTable<C extends { readonly bufferSize: number }> {
  readonly #first: readonly C[]

  /** A table of `classes`, by size ascending, that gives `none` where it has none. */
  constructor(classes: readonly C[], none: C) {
    this.#first = Array.from({ length: 128 }, (_, quarter) => {
      const smallest = quarter < 12 ? (quarter & 3) + 1 : (4 + (quarter & 3)) * 2 ** ((quarter >>> 2) - 2) + 1
      return classes.find(({ bufferSize }) => bufferSize >= smallest) ?? none
    })
  }

  /** The class of the quarter of `bytes`, if it is large enough; `undefined` for whatever else `bytes` may be. */
  find(bytes: number): C | undefined {
    if (typeof bytes !== 'number' || (bytes | 0) !== bytes || bytes < 1) return undefined
    const last = bytes - 1
    const log = 31 - Math.clz32(last | 4)
    const found = this.#first[(log << 2) | ((last >>> (log - 2)) & 3)] as C
    return found.bufferSize >= bytes ? found : undefined
  }
}

/** Sizes from `minBytes` up to `maxBytes`, by power of two or four to the doubling; the last is `maxBytes` itself. */
export function spacedSizes(minBytes: number, maxBytes: number, perDoubling: 1 | 4): number[] {
  const sizes: number[] = []
  for (let base = minBytes; base < maxBytes; base *= 2) {
    for (let step = 0; step < perDoubling; step++) {
      const size = Math.ceil(base + (base * step) / perDoubling)
      if (size < maxBytes && size !== sizes.at(-1)) sizes.push(size)
    }
  }
  sizes.push(maxBytes)
  return sizes
}
