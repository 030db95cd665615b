import { partCount, partIndex } from './doubling-parts.js'

/**
 * Finds the class that serves a size: the smallest that is large enough.
 *
 * The bits of `bytes - 1` below the leading one choose a quarter of its doubling; a table of those quarters gives the first
 * class that could serve. Where the caller's own list has several classes in a quarter, the table is one of 128ths.
 *
 * ```
 *   bytes    … 1025 ─ 1280 │ 1281 ─ 1536 │ 1537 ─ 1792 │ 1793 ─ 2048 │ 2049 …
 *   quarter       10.0     │    10.1     │    10.2     │    10.3     │
 * ```
 *
 * A class can be hidden: the table then gives `none` for its sizes, and so leads each request for it to where sizes are sampled.
 */
export class SizeClassTable<C extends { readonly bufferSize: number }> {
  /** The classes by quarters of a doubling, with `none` for each hidden one. */
  #quarters: C[] = []
  /** The classes by 128ths of a doubling instead, where a quarter has several classes. */
  #fine: C[] | undefined = undefined
  readonly #none: C
  /** The entries of the table in use, as they are while no class is hidden. */
  #all: readonly C[] = []

  /** A table of `classes`, by size ascending, that gives `none` where it has none. */
  constructor(classes: readonly C[], none: C) {
    this.#none = none
    this.fill(classes)
  }

  /** Becomes a table of other classes, none hidden. */
  fill(classes: readonly C[]): void {
    // Classes of the caller's own list, or small ones: elsewhere no quarter has more than one.
    const isCrowded = classes.some(({ bufferSize }, index) => {
      const next = classes[index + 1]
      return next !== undefined && partIndex(bufferSize, quarterBits) === partIndex(next.bufferSize, quarterBits)
    })
    this.#all = firstClasses(classes, this.#none, isCrowded ? fineBits : quarterBits)
    this.#fine = isCrowded ? [...this.#all] : undefined
    this.#quarters = isCrowded ? [] : [...this.#all]
  }

  /** Gives `none` for the sizes of a class, until {@link show}. O(its parts): a microsecond. */
  hide(sizeClass: C): void {
    this.#showAs(sizeClass, this.#none)
  }

  /** Gives a class for its sizes again. */
  show(sizeClass: C): void {
    this.#showAs(sizeClass, sizeClass)
  }

  #showAs(sizeClass: C, shownAs: C): void {
    const all = this.#all
    const shown = this.#fine ?? this.#quarters
    const bits = this.#fine === undefined ? quarterBits : fineBits
    for (let index = partIndex(sizeClass.bufferSize, bits); all[index] === sizeClass; index--) shown[index] = shownAs
  }

  /** The class of the part of `bytes`, if it is large enough; `none` for every other value of `bytes`. */
  find(bytes: number): C {
    if (typeof bytes !== 'number' || (bytes | 0) !== bytes || bytes < 1) return this.#none
    const fine = this.#fine
    // Known of the pool, where whether the first class of a quarter is large enough would be another guess each time.
    if (fine !== undefined) return this.#fitting(fine[partIndex(bytes, fineBits)] as C, bytes)
    const last = bytes - 1
    const shift = 29 - Math.clz32(last | 4)
    return this.#fitting(this.#quarters[(shift << 2) + (last >>> shift)] as C, bytes)
  }

  #fitting(found: C, bytes: number): C {
    return found.bufferSize >= bytes ? found : this.#none
  }
}

const quarterBits = 2
const fineBits = 7

/** For each part of each doubling, the smallest class that serves its smallest size. */
function firstClasses<C extends { readonly bufferSize: number }>(classes: readonly C[], none: C, bits: number): readonly C[] {
  const first: C[] = []
  for (const sizeClass of classes) {
    // Up to the part that the class's own size is in; the larger sizes of that part are not for it.
    const last = partIndex(sizeClass.bufferSize, bits)
    while (first.length <= last) first.push(sizeClass)
  }
  while (first.length < partCount(bits)) first.push(none)
  return first
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
