import type { FreeRuns } from './free-blocks.js'

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
  let free = 0
  let runs = 0
  let longest = 0
  let length = 0
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
