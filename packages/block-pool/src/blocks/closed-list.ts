import type { FreeList, FreeRuns } from './free-list.js'

/** The free blocks of a pool that was destroyed: no block goes out any more, and those that are out may come back. */
export class ClosedList implements FreeList {
  readonly #list: FreeList
  readonly #total: number
  readonly #onAllHome: () => void

  /** Takes over from `list`, of `total` blocks; `onAllHome` is called when the last one is back, at once when none is out. */
  constructor(list: FreeList, total: number, onAllHome: () => void) {
    this.#list = list
    this.#total = total
    this.#onAllHome = onAllHome
    if (list.count === total) onAllHome()
  }

  /** Blocks that are back, or never were out; none can be taken. */
  get count(): number {
    return this.#list.count
  }

  get torn(): number {
    return 0
  }

  get bitmap(): Int32Array {
    return this.#list.bitmap
  }

  get bookkeepingBytes(): number {
    return this.#list.bookkeepingBytes
  }

  take(): number {
    return -1
  }

  put(index: number): boolean {
    if (!this.#list.put(index)) return false
    if (this.#list.count === this.#total) this.#onAllHome()
    return true
  }

  has(index: number): boolean {
    return this.#list.has(index)
  }

  takeRun(): number {
    return -1
  }

  coalesce(): number {
    return 0
  }

  audit(): FreeRuns {
    return this.#list.audit()
  }
}
