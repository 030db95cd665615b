import type { BlockQueue } from '../block-queue.js'
import { idle, type Layout, withdrawn } from '../layout.js'
import { SeatRows } from '../seat-rows.js'
import type { BlockTraces } from './block-traces.js'

/** The rows of a thread in debug mode: blocks are poisoned while they are free, and withdrawn when the poison was written to. */
export class WatchedRows extends SeatRows {
  readonly #words: Int32Array
  readonly #firstBlockWord: number
  readonly #epochStep: number
  readonly #traces: BlockTraces
  readonly #name: string

  constructor(name: string, words: Int32Array, layout: Layout, seat: number, traces: BlockTraces) {
    super(words, layout, seat)
    this.#words = words
    this.#firstBlockWord = layout.firstBlockWord
    this.#epochStep = layout.epochStep
    this.#traces = traces
    this.#name = name
  }

  override take(): number {
    for (;;) {
      const handle = super.take()
      if (handle < 0) return -1
      const index = handle & (this.#epochStep - 1)
      const offset = this.#traces.firstDamaged(index)
      if (offset < 0) {
        this.#traces.taken(index)
        return handle
      }
      Atomics.store(this.#words, this.#firstBlockWord + index, (handle & -this.#epochStep) | withdrawn)
      this.lose()
      this.#warn(index, offset)
    }
  }

  override give(handle: number): boolean {
    if (!this.holds(handle)) return false
    const index = handle & (this.#epochStep - 1)
    this.#traces.given(index)
    this.#traces.poison(index)
    return super.give(handle)
  }

  override adopt(index: number): void {
    // Blocks that a dead thread had at hand were given back before.
    if (((this.#words[this.#firstBlockWord + index] as number) & idle) === 0) this.#traces.given(index)
    this.#traces.poison(index)
    super.adopt(index)
  }

  #warn(index: number, offset: number): void {
    const { takenAt, givenAt } = this.#traces.of(index)
    const message = `pool '${this.#name}': byte ${offset} of block ${index} was written to while the block was free.`
    const detail = `Taken:\n${takenAt}\nGiven back:\n${givenAt}\nThe block was withdrawn.`
    const { process, console } = globalThis as Warns
    if (process?.emitWarning !== undefined) process.emitWarning(message, { type: 'PoolWriteAfterReleaseWarning', detail })
    else console?.warn(`${message}\n${detail}`)
  }
}

interface Warns {
  readonly process?: { emitWarning?(message: string, options: { readonly type: string; readonly detail: string }): void }
  readonly console?: { warn(message: string): void }
}

/** A channel in debug mode: notes where blocks are sent and received. */
export function watchedQueue(queue: BlockQueue, traces: BlockTraces, indexMask: number): BlockQueue {
  return {
    push: (index) => {
      // Before it is sent: its receiver may give it back at once.
      traces.given(index)
      return queue.push(index)
    },
    pop: () => {
      const handle = queue.pop()
      if (handle >= 0) traces.taken(handle & indexMask)
      return handle
    }
  }
}
