import type { Layout } from '../layout.js'
import { SeatRows } from '../seat-rows.js'
import type { Courier } from './courier.js'

/** The rows of a thread whose blocks travel: one that another thread lends goes back there when it is released. */
export class HomingRows extends SeatRows {
  readonly #indexMask: number
  #courier: Courier | undefined

  constructor(words: Int32Array, layout: Layout) {
    super(words, layout, 1)
    this.#indexMask = layout.epochStep - 1
  }

  /** Ties the rows to the courier, which knows the blocks that are at home here. */
  set courier(courier: Courier) {
    this.#courier = courier
  }

  override give(handle: number): boolean {
    const courier = this.#courier
    if (courier === undefined || !this.holds(handle) || courier.isHome(handle & this.#indexMask)) return super.give(handle)
    this.lose()
    courier.sendHome(handle & this.#indexMask)
    return true
  }
}
