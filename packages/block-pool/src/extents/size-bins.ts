import { Row } from './extent-row.js'

/** Lists per power of two: 2^5, so that a bin's sizes differ by 1/32 at the most. */
const subdivisions = 32

/**
 * The free extents of an extent map by size, in two levels: powers of two, each divided into 32 bins. A bitmap of each level
 * finds the first bin that is not empty, so that every operation takes the same few steps however many extents there are.
 *
 * ```
 *   size in units   1 2 3 … 31 │ 32 33 … 63 │ 64 66 … 126 │ 128 132 … │ …
 *   level 0         group 0    │ group 1    │ group 2     │ group 3   │      one bit per group
 *   level 1         32 bits    │ 32 bits    │ 32 bits     │ 32 bits   │      one bit per bin
 *   heads           a list of free extents for each bin
 * ```
 *
 * M. Masmano, I. Ripoll, A. Crespo, J. Real: TLSF, a new dynamic memory allocator for real-time systems, ECRTS 2004.
 */
export class SizeBins {
  /** One bit per group that has a bin that is not empty. */
  groups = 0
  /** One bit per bin that is not empty, a word for each group. */
  readonly bins: Int32Array
  /** The first free extent of each bin; 0 for none. */
  readonly heads: Int32Array

  /** @param maxUnits - the largest size there will be */
  constructor(maxUnits: number) {
    const groups = (binOf(maxUnits) >>> 5) + 1
    this.bins = new Int32Array(groups)
    this.heads = new Int32Array(groups * subdivisions)
  }

  /** Lays a free extent into its bin. */
  insert(rows: Int32Array, extent: number): void {
    const size = rows[(extent << 3) + Row.Size]!
    const shift = 26 - Math.clz32(size | 32)
    const bin = (shift << 5) + (size >>> shift)
    const heads = this.heads
    const head = heads[bin]!
    rows[(extent << 3) + Row.NextFree] = head
    rows[(extent << 3) + Row.PrevFree] = 0
    heads[bin] = extent
    // Without asking whether there was a head, or whether the bits are set: a branch that is guessed wrong costs more. Row 0 has no
    // use for the value that is written to it.
    rows[(head << 3) + Row.PrevFree] = extent
    this.bins[bin >>> 5]! |= 1 << (bin & 31)
    this.groups |= 1 << (bin >>> 5)
  }

  /** Takes a free extent out of its bin. */
  remove(rows: Int32Array, extent: number): void {
    const next = rows[(extent << 3) + Row.NextFree]!
    const prev = rows[(extent << 3) + Row.PrevFree]!
    rows[(next << 3) + Row.PrevFree] = prev
    if (prev !== 0) {
      rows[(prev << 3) + Row.NextFree] = next
      return
    }
    const size = rows[(extent << 3) + Row.Size]!
    const shift = 26 - Math.clz32(size | 32)
    const bin = (shift << 5) + (size >>> shift)
    this.heads[bin] = next
    if (next !== 0) return
    const group = bin >>> 5
    const rest = this.bins[group]! & ~(1 << (bin & 31))
    this.bins[group] = rest
    if (rest === 0) this.groups &= ~(1 << group)
  }

  /**
   * Takes a free extent of at least `size` units out of its bin; 0 when there is none. It is of the first bin whose every extent is large enough, so
   * that nothing is compared; only when those are all empty is the bin of the size itself looked through, since the extent that
   * would have done may lie there.
   */
  take(rows: Int32Array, size: number): number {
    const shift = 26 - Math.clz32(size | 32)
    // Up to the next bin's smallest size. A carry into the next power of two lands in its first bin, as it should.
    let bin = (shift << 5) + ((size + (1 << shift) - 1) >>> shift)
    let group = bin >>> 5
    let candidates = group < this.bins.length ? this.bins[group]! & (-1 << (bin & 31)) : 0
    if (candidates === 0) {
      const later = group >= 31 ? 0 : this.groups & (-2 << group)
      if (later === 0) return this.#takeFromOwnBin(rows, size)
      group = 31 - Math.clz32(later & -later)
      candidates = this.bins[group]!
    }
    bin = (group << 5) + 31 - Math.clz32(candidates & -candidates)
    const extent = this.heads[bin]!
    const next = rows[(extent << 3) + Row.NextFree]!
    this.heads[bin] = next
    rows[(next << 3) + Row.PrevFree] = 0
    if (next !== 0) return extent
    const rest = this.bins[group]! & ~(1 << (bin & 31))
    this.bins[group] = rest
    if (rest === 0) this.groups &= ~(1 << group)
    return extent
  }

  #takeFromOwnBin(rows: Int32Array, size: number): number {
    const bin = binOf(size)
    if (bin >= this.heads.length) return 0
    for (let extent = this.heads[bin]!; extent !== 0; extent = rows[(extent << 3) + Row.NextFree]!) {
      if (rows[(extent << 3) + Row.Size]! < size) continue
      this.remove(rows, extent)
      return extent
    }
    return 0
  }

  /** The size of the largest free extent, in units. Looks through one bin. */
  largest(rows: Int32Array): number {
    if (this.groups === 0) return 0
    const group = 31 - Math.clz32(this.groups)
    const bin = (group << 5) + 31 - Math.clz32(this.bins[group]!)
    let largest = 0
    for (let extent = this.heads[bin]!; extent !== 0; extent = rows[(extent << 3) + Row.NextFree]!) {
      largest = Math.max(largest, rows[(extent << 3) + Row.Size]!)
    }
    return largest
  }
}

/** The bin in which a free extent of `size` units lies. Written out again where each operation would pay for the call. */
export function binOf(size: number): number {
  // Below 64 units each size has a bin of its own; from there on the shift leaves 32..63, and each doubling adds 32 bins.
  const shift = 26 - Math.clz32(size | 32)
  return (shift << 5) + (size >>> shift)
}
