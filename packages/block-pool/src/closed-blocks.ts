import type { FreeBlocks, FreeRuns } from './free-blocks.js'

/** The free blocks of a pool that was destroyed: nothing goes out any more, and what is out may come back. */
export class ClosedBlocks implements FreeBlocks {
  readonly #blocks: FreeBlocks
  readonly #total: number
  readonly #onAllHome: () => void

  /** Takes over from `blocks`, of `total`; `onAllHome` is told when the last one is back, at once when none is out. */
  constructor(blocks: FreeBlocks, total: number, onAllHome: () => void) {
    this.#blocks = blocks
    this.#total = total
    this.#onAllHome = onAllHome
    if (blocks.count === total) onAllHome()
  }

  /** Nothing is to be had any more. */
  get count(): number {
    return 0
  }

  get torn(): number {
    return 0
  }

  get bookkeepingBytes(): number {
    return this.#blocks.bookkeepingBytes
  }

  take(): number {
    return -1
  }

  put(index: number): boolean {
    if (!this.#blocks.put(index)) return false
    if (this.#blocks.count === this.#total) this.#onAllHome()
    return true
  }

  has(index: number): boolean {
    return this.#blocks.has(index)
  }

  takeRun(): number {
    return -1
  }

  coalesce(): number {
    return 0
  }

  audit(): FreeRuns {
    return this.#blocks.audit()
  }
}
