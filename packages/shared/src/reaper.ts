import type { SharedQueue } from './block-queue.js'
import { holderMask, idle, type Layout, rowCount, rowEmpty, rowSlots, rowStocked, threadRecord, threadWord, wantedWord } from './layout.js'
import type { SeatRows } from './seat-rows.js'

/** Hands the seats of dead threads on, with all that they held. A reaper may itself end at any step: another one goes on from there. */
export class Reaper {
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #rows: SeatRows
  readonly #channels: readonly SharedQueue[]

  constructor(words: Int32Array, layout: Layout, rows: SeatRows, channels: readonly SharedQueue[]) {
    this.#words = words
    this.#layout = layout
    this.#rows = rows
    this.#channels = channels
  }

  /**
   * Reaps each seat that was taken with this token's tag, or by the thread of this key, and those which a reaped thread was reaping. The caller
   * has proof that the threads are dead.
   * @returns blocks that were given back
   */
  reap(tag: number, key = tag): number {
    let blocks = 0
    for (let seat = 1; seat <= this.#layout.threads; seat++) {
      const state = Atomics.load(this.#words, threadRecord(seat))
      if ((state & 255) === 0 && this.#isOf(seat, tag, key)) blocks += this.#reapFrom(seat, 0)
    }
    return blocks
  }

  /** Whether a thread with this tag, alive or not yet reaped, was granted its lock. */
  isLocked(tag: number): boolean {
    for (let seat = 1; seat <= this.#layout.threads; seat++) {
      if (Atomics.load(this.#words, threadRecord(seat) + threadWord.locked) !== 0 && this.#isOf(seat, tag, tag)) return true
    }
    return false
  }

  #isOf(seat: number, tag: number, key: number): boolean {
    const record = threadRecord(seat)
    const state = Atomics.load(this.#words, record)
    return state !== 0 && (state >>> 8 === key || Atomics.load(this.#words, record + threadWord.tag) === tag)
  }

  /** Claims the reaping of a seat, from `other` where that was at it and died, and does it. */
  #reapFrom(seat: number, other: number): number {
    const words = this.#words
    const record = threadRecord(seat)
    const state = Atomics.load(words, record)
    const tag = state & -256
    const me = this.#rows.seat
    if (seat === me || state === 0 || (state & 255) !== other) return 0
    if (Atomics.compareExchange(words, record, tag | other, tag | me) !== (tag | other)) return 0
    let blocks = 0
    for (let third = 1; third <= this.#layout.threads; third++) {
      if ((Atomics.load(words, threadRecord(third)) & 255) === seat) blocks += this.#reapFrom(third, seat)
    }
    return blocks + this.vacate(seat)
  }

  /** Gives a seat up, and all that it holds. The order matters: the rows, and then the words, rely on the decisions of the channels. */
  vacate(seat: number): number {
    this.#rows.flush()
    for (const channel of this.#channels) channel.settle(seat)
    this.#freeRows(seat)
    const blocks = this.#adoptBlocks(seat) + this.#drainChannels(seat)
    for (const channel of this.#channels) channel.leave(seat)
    const record = threadRecord(seat)
    for (let word = 0; word < 4; word++) Atomics.store(this.#words, record + threadWord.reads + word, 0)
    this.#rows.flush()
    if (this.#words[wantedWord] !== 0) this.#rows.answer()
    // The tag goes first: a token must not find the seat's next thread.
    Atomics.store(this.#words, record + threadWord.locked, 0)
    Atomics.store(this.#words, record + threadWord.tag, 0)
    Atomics.store(this.#words, record, 0)
    return blocks
  }

  /** A block that is in a row and the dead thread's as well was on its way to its hand or from there: it is free. */
  #freeRows(dead: number): void {
    const words = this.#words
    const { firstRow, endOfRows, rowStride, firstBlockWord, epochStep } = this.#layout
    for (let row = firstRow; row < endOfRows; row += rowStride) {
      if (Atomics.load(words, row) !== dead) continue
      const count = words[row + rowCount] as number
      for (let slot = 0; slot < count; slot++) {
        const at = firstBlockWord + (words[row + rowSlots + slot] as number)
        if (((words[at] as number) & holderMask) === dead) words[at] = (words[at] as number) & -epochStep
      }
      Atomics.store(words, row, count === 0 ? rowEmpty : rowStocked)
    }
  }

  #adoptBlocks(dead: number): number {
    const words = this.#words
    const { blocks, firstBlockWord } = this.#layout
    let adopted = 0
    for (let index = 0; index < blocks; index++) {
      const word = words[firstBlockWord + index] as number
      if ((word & holderMask) !== dead) continue
      this.#rows.adopt(index)
      // A block in its hand was free already.
      if ((word & idle) === 0) adopted++
    }
    return adopted
  }

  /** Gives back the messages of channels that the dead thread was the last to read. */
  #drainChannels(dead: number): number {
    let drained = 0
    for (let number = 0; number < this.#channels.length; number++) {
      if (!this.#reads(dead, number)) continue
      let others = 0
      for (let seat = 1; seat <= this.#layout.threads; seat++) if (seat !== dead && this.#reads(seat, number)) others++
      if (others > 0) continue
      const channel = this.#channels[number] as SharedQueue
      for (let handle = channel.take(); handle >= 0; handle = channel.take()) {
        this.#rows.adopt(handle & (this.#layout.epochStep - 1))
        drained++
      }
    }
    return drained
  }

  #reads(seat: number, channel: number): boolean {
    const word = Atomics.load(this.#words, threadRecord(seat) + threadWord.reads + Math.floor(channel / 30))
    return (word & (1 << (channel % 30))) !== 0
  }
}
