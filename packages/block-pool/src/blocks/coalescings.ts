/** The result of a coalescing. */
export interface CoalesceReport {
  /** How many coalescings there were, this one included. */
  readonly count: number
  /** Whether the pool did it by itself, above its threshold. */
  readonly automatic: boolean
  /** Pairs of free neighbours that were torn apart, and go out together now. */
  readonly mendedPairs: number
  /** Fragmentation before, in percent. */
  readonly fragmentationBefore: number
  /** Fragmentation after, in percent. */
  readonly fragmentationAfter: number
}

/** The coalescings of a pool: their number, and the last one, without an object for each. */
export class Coalescings {
  /** How many there were. */
  count = 0
  #automatic = false
  #mendedPairs = 0
  #freeBlocks = 0

  /** One was done. */
  note(automatic: boolean, mendedPairs: number, freeBlocks: number): void {
    this.count++
    this.#automatic = automatic
    this.#mendedPairs = mendedPairs
    this.#freeBlocks = freeBlocks
  }

  /** The result of the last one. */
  get last(): CoalesceReport | undefined {
    if (this.count === 0) return undefined
    return Object.freeze({
      count: this.count,
      automatic: this.#automatic,
      mendedPairs: this.#mendedPairs,
      fragmentationBefore: this.#freeBlocks === 0 ? 0 : (100 * this.#mendedPairs) / this.#freeBlocks,
      fragmentationAfter: 0
    })
  }
}
