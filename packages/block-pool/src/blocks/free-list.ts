/** The free blocks of a pool, counted by neighbourhood. */
export interface FreeRuns {
  /** Free blocks. */
  readonly free: number
  /** Runs of neighbouring free blocks. */
  readonly runs: number
  /** Blocks of the longest of them. */
  readonly longest: number
}

/** The free blocks of a pool, in the order in which they go out. */
export interface FreeList {
  /** Free blocks. */
  readonly count: number
  /** Neighbouring free blocks that the order of handing out tears apart, pair by pair. */
  readonly torn: number
  /** A bit for each block, from the lowest of the first word on: set where the block is free. It changes with the pool. */
  readonly bitmap: Int32Array
  /** Bytes of the list's records. */
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
   * Checks the records against each other, and counts the runs of free blocks.
   * @throws `ERR_POOL_CORRUPT`
   */
  audit(): FreeRuns
}

/** The lowest `count` neighbouring free blocks of a bitmap; -1 when there are none. Skips whole words that are all free or all taken. */
export function findRun(free: Int32Array, count: number): number {
  let start = -1
  let length = 0
  for (let word = 0; word < free.length; word++) {
    const bits = free[word]!
    if (bits === 0) {
      length = 0
      continue
    }
    if (bits === -1) {
      if (length === 0) start = word << 5
      length += 32
      if (length >= count) return start
      continue
    }
    for (let bit = 0; bit < 32; bit++) {
      if ((bits & (1 << bit)) === 0) length = 0
      else {
        if (length === 0) start = (word << 5) + bit
        if (++length >= count) return start
      }
    }
  }
  return -1
}

/** Counts the runs of neighbouring free blocks of a bitmap, and finds the longest. */
export function measureRuns(bitmap: Int32Array): FreeRuns {
  let [free, runs, longest, length] = [0, 0, 0, 0]
  for (const bits of bitmap) {
    for (let bit = 0; bit < 32; bit++) {
      if ((bits & (1 << bit)) === 0) length = 0
      else {
        free++
        if (++length === 1) runs++
        if (length > longest) longest = length
      }
    }
  }
  return { free, runs, longest }
}
