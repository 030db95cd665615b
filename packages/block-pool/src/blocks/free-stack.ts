import { corrupt } from '../pool/refusals.js'
import { type FreeList, type FreeRuns, findRun, measureRuns } from './free-list.js'

/**
 * The free blocks as a stack: the block returned last goes out first, while it is still warm in the cache. Returned in any order,
 * neighbours come to lie apart in it, and go out apart; that is the fragmentation of this pool.
 *
 * ```
 *   blocks   │ 0 free │ 1 used │ 2 free │ 3 free │ 4 free │ 5 used │
 *   stack    bottom │ 4 │ 0 │ 3 │ 2 │ top          goes out: 2, 3, 0, 4
 *
 *   pairs of free neighbours: 2-3 and 3-4          2 of them
 *   pairs that lie together in the stack: 2-3      1 of them, so 1 is torn
 * ```
 *
 * A bitmap beside it has the free blocks, so that a second return is found, and the pairs are counted as blocks come and go.
 */
export class FreeStack implements FreeList {
  readonly #blocks: number
  readonly #free: Int32Array
  /** Two bytes each while that is enough, so that bookkeeping stays small. */
  readonly #stack: Uint16Array | Int32Array
  readonly #tornLimit: number
  readonly #onLimit: (torn: number, count: number) => void
  #count = 0
  /** Pairs of neighbours that are both free. */
  #pairs = 0
  /** The pairs that lie together in the stack, in the order of addresses. */
  #joined = 0

  /**
   * A stack of `blocks`, all free.
   * @param tornLimit - the share of torn pairs by free blocks above which an operation ends in {@link coalesce}, 0..1
   * @param onLimit - called after it with the pairs mended and the free blocks; it may not touch the list
   */
  constructor(blocks: number, tornLimit: number, onLimit: (torn: number, count: number) => void) {
    this.#blocks = blocks
    this.#free = new Int32Array(Math.ceil(blocks / 32))
    this.#stack = blocks <= 65_536 ? new Uint16Array(blocks) : new Int32Array(blocks)
    this.#tornLimit = tornLimit
    this.#onLimit = onLimit
    for (let index = blocks - 1; index >= 0; index--) this.put(index)
  }

  get count(): number {
    return this.#count
  }

  get torn(): number {
    return this.#pairs - this.#joined
  }

  get bitmap(): Int32Array {
    return this.#free
  }

  get bookkeepingBytes(): number {
    return this.#free.byteLength + this.#stack.byteLength
  }

  take(): number {
    const count = this.#count
    if (count === 0) return -1
    const index = this.#stack[count - 1]!
    if (count > 1 && this.#stack[count - 2] === index + 1) this.#joined--
    this.#count = count - 1
    this.#free[index >>> 5]! &= ~(1 << (index & 31))
    this.#pairs -= this.#freeNeighbours(index)
    if (this.#pairs - this.#joined > this.#tornLimit * this.#count) this.#onLimit(this.coalesce(), this.#count)
    return index
  }

  put(index: number): boolean {
    const bits = this.#free[index >>> 5]!
    const bit = 1 << (index & 31)
    if ((bits & bit) !== 0) return false
    this.#free[index >>> 5] = bits | bit
    const count = this.#count
    if (count > 0 && this.#stack[count - 1] === index + 1) this.#joined++
    this.#stack[count] = index
    this.#count = count + 1
    this.#pairs += this.#freeNeighbours(index)
    if (this.#pairs - this.#joined > this.#tornLimit * this.#count) this.#onLimit(this.coalesce(), this.#count)
    return true
  }

  has(index: number): boolean {
    return (this.#free[index >>> 5]! & (1 << (index & 31))) !== 0
  }

  takeRun(count: number): number {
    const start = findRun(this.#free, count)
    if (start < 0) return -1
    for (let index = start; index < start + count; index++) this.#free[index >>> 5]! &= ~(1 << (index & 31))
    let kept = 0
    for (let at = 0; at < this.#count; at++) {
      const index = this.#stack[at]!
      if (index < start || index >= start + count) this.#stack[kept++] = index
    }
    this.#count = kept
    this.#recount()
    if (this.#pairs - this.#joined > this.#tornLimit * this.#count) this.#onLimit(this.coalesce(), this.#count)
    return start
  }

  /**
   * Costs the free blocks, or the words of the bitmap where those are fewer. A return tears two pairs at the most, and the limit is a share
   * of the free blocks, so that each return pays for a constant number of them.
   */
  coalesce(): number {
    const torn = this.torn
    if (torn === 0) return 0
    const count = this.#count
    if (count < this.#free.length) {
      this.#stack.subarray(0, count).sort().reverse()
    } else {
      let at = count
      for (let word = 0; word < this.#free.length; word++) {
        for (let bits = this.#free[word]!; bits !== 0; bits &= bits - 1) {
          this.#stack[--at] = (word << 5) + 31 - Math.clz32(bits & -bits)
        }
      }
    }
    this.#joined = this.#pairs
    return torn
  }

  audit(): FreeRuns {
    const found = measureRuns(this.#free)
    if (found.free !== this.#count) throw corrupt(`${found.free} blocks are free, and ${this.#count} lie in the stack`)
    const lying = this.#stack.slice(0, this.#count).sort()
    lying.forEach((index, at) => {
      if (!this.has(index) || (at > 0 && lying[at - 1] === index))
        throw corrupt(`block ${index} lies in the stack and is not free, or lies there twice`)
    })
    const [pairs, joined] = [this.#pairs, this.#joined]
    this.#recount()
    if (pairs !== this.#pairs || joined !== this.#joined) throw corrupt(`${pairs} pairs, ${joined} of them joined, were counted`)
    return found
  }

  #freeNeighbours(index: number): number {
    const before = index - 1
    const after = index + 1
    const left = index === 0 ? 0 : (this.#free[before >>> 5]! >>> (before & 31)) & 1
    return left + (after === this.#blocks ? 0 : (this.#free[after >>> 5]! >>> (after & 31)) & 1)
  }

  #recount(): void {
    let doubled = 0
    let joined = 0
    for (let at = 0; at < this.#count; at++) {
      const index = this.#stack[at]!
      doubled += this.#freeNeighbours(index)
      if (at > 0 && this.#stack[at - 1] === index + 1) joined++
    }
    this.#pairs = doubled / 2
    this.#joined = joined
  }
}
