import { corrupt } from '../pool/refusals.js'
import { type FreeList, type FreeRuns, findRun, measureRuns } from './free-list.js'

/**
 * The free blocks as a hierarchy of bitmaps: a bit is set where a block is free, each level one word for 32 words below it.
 * The lowest free block is found in the same few steps whatever the number of blocks, so that the free list is in the order of
 * addresses by its nature: nothing ever has to be sorted, and neighbours that are free always go out as neighbours.
 *
 * ```
 *   level 3   │ 1 0 0 … │                                 1 word for 1 048 576 blocks
 *   level 2   │ 1 1 0 … │                                 1 word for 32 768
 *   level 1   │ 0 1 1 … │ 1 0 0 … │                       1 word for 1 024
 *   level 0   │ 0 0 0 … │ 0 0 1 … │ 1 1 1 … │ …           1 bit per block
 *                         ▲ lowest: the word to take from
 * ```
 */
export class FreeBitmap implements FreeList {
  readonly #level0: Int32Array
  readonly #level1: Int32Array
  readonly #level2: Int32Array
  readonly #level3: Int32Array
  /** The lowest word of level 0 that is not 0; any when all are. */
  #lowest = 0
  #count = 0

  /** A bitmap of `blocks`, up to 2^25, all free. */
  constructor(blocks: number) {
    const words = (bits: number) => Math.ceil(bits / 32)
    this.#level0 = new Int32Array(words(blocks))
    this.#level1 = new Int32Array(words(this.#level0.length))
    this.#level2 = new Int32Array(words(this.#level1.length))
    this.#level3 = new Int32Array(words(this.#level2.length))
    for (let index = blocks - 1; index >= 0; index--) this.put(index)
  }

  get count(): number {
    return this.#count
  }

  /** Always 0: neighbours that are free go out as neighbours. */
  get torn(): number {
    return 0
  }

  get bitmap(): Int32Array {
    return this.#level0
  }

  get bookkeepingBytes(): number {
    return this.#level0.byteLength + this.#level1.byteLength + this.#level2.byteLength + this.#level3.byteLength
  }

  take(): number {
    const word = this.#lowest
    const bits = this.#level0[word]!
    if (bits === 0) return -1
    const rest = bits & (bits - 1)
    this.#level0[word] = rest
    if (rest === 0) this.#emptied(word)
    this.#count--
    return (word << 5) + 31 - Math.clz32(bits ^ rest)
  }

  put(index: number): boolean {
    const word = index >>> 5
    const bits = this.#level0[word]!
    const bit = 1 << (index & 31)
    if ((bits & bit) !== 0) return false
    this.#level0[word] = bits | bit
    if (bits === 0) this.#filled(word)
    this.#count++
    return true
  }

  has(index: number): boolean {
    return (this.#level0[index >>> 5]! & (1 << (index & 31))) !== 0
  }

  takeRun(count: number): number {
    const start = findRun(this.#level0, count)
    if (start < 0) return -1
    for (let index = start; index < start + count; index++) {
      const word = index >>> 5
      const rest = this.#level0[word]! & ~(1 << (index & 31))
      this.#level0[word] = rest
      if (rest === 0) this.#emptied(word)
    }
    this.#count -= count
    return start
  }

  coalesce(): number {
    return 0
  }

  audit(): FreeRuns {
    const levels = [this.#level0, this.#level1, this.#level2, this.#level3]
    for (let level = 1; level < levels.length; level++) {
      levels[level - 1]!.forEach((bits, word) => {
        const marked = (levels[level]![word >>> 5]! & (1 << (word & 31))) !== 0
        if (marked !== (bits !== 0)) throw corrupt(`level ${level} is wrong about word ${word} below it`)
      })
    }
    const found = measureRuns(this.#level0)
    if (found.free !== this.#count) throw corrupt(`${found.free} blocks are free, and ${this.#count} were counted`)
    const lowest = this.#level0.findIndex((bits) => bits !== 0)
    if (lowest >= 0 && lowest !== this.#lowest) throw corrupt(`word ${lowest} is the lowest, not ${this.#lowest}`)
    return found
  }

  /** A word of level 0 is no longer 0. */
  #filled(word: number): void {
    if (word < this.#lowest || this.#count === 0) this.#lowest = word
    const one = this.#level1[word >>> 5]!
    this.#level1[word >>> 5] = one | (1 << (word & 31))
    if (one !== 0) return
    const two = this.#level2[word >>> 10]!
    this.#level2[word >>> 10] = two | (1 << ((word >>> 5) & 31))
    if (two === 0) this.#level3[word >>> 15]! |= 1 << ((word >>> 10) & 31)
  }

  /** A word of level 0 became 0: clears the levels above, and goes on to the lowest word that is not 0. */
  #emptied(word: number): void {
    let one = word >>> 5
    let bits = this.#level1[one]! & ~(1 << (word & 31))
    this.#level1[one] = bits
    if (bits === 0 || word !== this.#lowest) {
      let two = one >>> 5
      let above = this.#level2[two]!
      if (bits === 0) {
        above &= ~(1 << (one & 31))
        this.#level2[two] = above
        if (above === 0) this.#level3[two >>> 5]! &= ~(1 << (two & 31))
      }
      if (word !== this.#lowest) return
      if (above === 0) {
        two = this.#lowestOfLevel2()
        if (two < 0) return
        above = this.#level2[two]!
      }
      one = (two << 5) + 31 - Math.clz32(above & -above)
      bits = this.#level1[one]!
    }
    this.#lowest = (one << 5) + 31 - Math.clz32(bits & -bits)
  }

  /** Level 3 is a word for each 2^20 blocks, few enough to be looked through. */
  #lowestOfLevel2(): number {
    for (let word = 0; word < this.#level3.length; word++) {
      const bits = this.#level3[word]!
      if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits)
    }
    return -1
  }
}
