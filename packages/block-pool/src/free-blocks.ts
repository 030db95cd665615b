/** What a look at all free blocks of a pool found. */
export interface FreeRuns {
  /** Free blocks. */
  readonly free: number
  /** Runs of neighbouring free blocks. */
  readonly runs: number
  /** Blocks of the longest of them. */
  readonly longest: number
}

/** Which blocks of a pool are free, and which of them goes out next. */
export interface FreeBlocks {
  /** Free blocks. */
  readonly count: number
  /** Neighbouring free blocks that the order of handing out tears apart, pair by pair. */
  readonly torn: number
  /** Bytes of all that is kept. */
  readonly bookkeepingBytes: number
  /** Takes the next block; -1 when none is free. O(1). */
  take(): number
  /** Takes a block back, an index of the pool; false when it is free. O(1), amortised. */
  put(index: number): boolean
  /** Whether a block is free. */
  has(index: number): boolean
  /** Takes `count` neighbouring blocks, the lowest that there are; -1 when there are none. Looks through the bitmap. */
  takeRun(count: number): number
  /** Orders the free blocks by address, so that neighbours go out as neighbours. Returns how many torn pairs that mended. */
  coalesce(): number
  /**
   * Holds all that is kept against itself, and counts the runs of free blocks.
   * @throws `ERR_POOL_CORRUPT`
   */
  audit(): FreeRuns
}
