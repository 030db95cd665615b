import {
  answersWord,
  holderBits,
  type Layout,
  noRow,
  rowCount,
  rowEmpty,
  rowSlots,
  rowStocked,
  threadRecord,
  threadWord,
  wantedWord,
  wordMask
} from './layout.js'
import { corrupt } from './refusals.js'

const isAudioThread = 'AudioWorkletProcessor' in globalThis

/**
 * The blocks that one thread can take without asking the others: two rows at most, claimed from those that all share.
 *
 * ```
 *   claimed    seat │ 3 │ 17 │ 4 │ 99 │ … │        take: the block's word = seat, then count - 1
 *                        └────count────┘           give: the slot, then count + 1, then the block's word = 0
 * ```
 *
 * A row is claimed by one compare-and-swap of the word that then names its owner, and given up by one store to it. In between, one thread
 * alone reads and writes it, plainly. A thread may end between any two writes: a block then stands in a row, or its word names the
 * thread, or both. It never is in neither place.
 */
export class SeatRows {
  /** Claims rows for this seat. */
  readonly seat: number
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #record: number
  readonly #firstBlockWord: number
  readonly #indexBits: number
  readonly #indexMask: number
  readonly #lastEpoch: number
  #row = noRow
  /** Blocks that `#row` may hold: 0 when it is `noRow`. */
  #limit = 0
  /** The second row, 0 for none. */
  #other = 0
  #closed = false
  #isReserved = false
  #acquiredBefore = 0
  #lookForBlocksAt: number
  #lookForRoomAt: number

  constructor(words: Int32Array, layout: Layout, seat: number) {
    this.seat = seat
    this.#words = words
    this.#layout = layout
    this.#record = threadRecord(seat)
    this.#firstBlockWord = layout.firstBlockWord
    this.#indexBits = layout.indexBits
    this.#indexMask = 2 ** layout.indexBits - 1
    this.#lastEpoch = 2 ** (30 - layout.indexBits) - 1
    // Threads begin to look in different places.
    const rows = (layout.endOfRows - layout.firstRow) / layout.rowStride
    this.#lookForBlocksAt = layout.firstRow + Math.floor((rows * (seat - 1)) / layout.threads) * layout.rowStride
    this.#lookForRoomAt = layout.endOfRows - layout.rowStride
  }

  /** Takes a block; its handle, or -1 when no row that the thread owns or can claim has one. */
  take(): number {
    const words = this.#words
    let row = this.#row
    let count = words[row + rowCount] as number
    if (count === 0) {
      if (!this.#refill()) return -1
      row = this.#row
      count = words[row + rowCount] as number
    }
    const index = words[row + rowSlots + count - 1] as number
    const at = this.#firstBlockWord + index
    let epoch = ((words[at] as number) >>> holderBits) + 1
    if (epoch > this.#lastEpoch) epoch = 1
    words[at] = (epoch << holderBits) | this.seat
    words[row + rowCount] = count - 1
    this.#countTake()
    return (epoch << this.#indexBits) | index
  }

  /** Gives a block back; false, and nothing changed, when this seat does not hold it under this handle. */
  give(handle: number): boolean {
    if (!this.holds(handle)) return false
    const words = this.#words
    this.#put(handle & this.#indexMask)
    this.countOut(-1)
    if (words[wantedWord] !== 0) this.answer()
    return true
  }

  /** Counts a block that this seat held and sent. */
  countSent(): void {
    this.countOut(-1)
    this.count(threadWord.sent)
  }

  /** Counts a block that this seat received. */
  countReceived(): void {
    this.countOut(1)
    this.count(threadWord.received)
  }

  /** Whether this seat holds the block under this very handle. */
  holds(handle: number): boolean {
    const at = this.#firstBlockWord + (handle & this.#indexMask)
    return this.#words[at] === (((handle >>> this.#indexBits) << holderBits) | this.seat) && (handle | 0) === handle
  }

  /** Makes a block that came from another thread one that this seat holds; its handle. */
  hold(index: number): number {
    const words = this.#words
    const at = this.#firstBlockWord + index
    const epoch = (((words[at] as number) >>> holderBits) % this.#lastEpoch) + 1
    words[at] = (epoch << holderBits) | this.seat
    return (epoch << this.#indexBits) | index
  }

  /** Makes a block that no live thread holds one of this seat, and gives it back. */
  adopt(index: number): void {
    const words = this.#words
    const at = this.#firstBlockWord + index
    words[at] = ((words[at] as number) & -256) | this.seat
    this.#put(index)
  }

  /** Gives the rows up if nothing was taken since the last call, unless blocks were reserved. */
  flushIfIdle(): boolean {
    const acquired = this.#words[this.#record + threadWord.acquired] as number
    const isIdle = acquired === this.#acquiredBefore
    this.#acquiredBefore = acquired
    if (isIdle && !this.#isReserved && this.atHand() > 0) this.flush()
    return !this.#closed
  }

  /** Fills the own rows up to `blocks`, or with all that can be claimed; how many they hold then. */
  stock(blocks: number): number {
    const words = this.#words
    this.#isReserved = true
    if (this.#row === noRow && !this.#refill()) return 0
    while (this.atHand() < blocks) {
      const third = this.#claimBlocks()
      if (third === 0) break
      if (this.#other === 0) this.#other = third
      else {
        while (words[third + rowCount] !== 0 && this.atHand() < 2 * this.#limit) this.#pour(third)
        this.#publish(third)
      }
    }
    return this.atHand()
  }

  /** Blocks in the own rows. */
  atHand(): number {
    const other = this.#other === 0 ? 0 : (this.#words[this.#other + rowCount] as number)
    return (this.#words[this.#row + rowCount] as number) + other
  }

  /** Gives the own rows up, with the blocks in them. */
  flush(): void {
    this.#isReserved = false
    if (this.#row !== noRow) this.#publish(this.#row)
    if (this.#other !== 0) this.#publish(this.#other)
    this.#row = noRow
    this.#limit = 0
    this.#other = 0
  }

  /** Gives the own rows up, and claims none any more. */
  close(): void {
    this.#closed = true
    this.flush()
  }

  #put(index: number): void {
    const words = this.#words
    let row = this.#row
    let count = words[row + rowCount] as number
    if (count >= this.#limit) {
      this.#makeRoom()
      row = this.#row
      count = words[row + rowCount] as number
    }
    const at = this.#firstBlockWord + index
    words[row + rowSlots + count] = index
    words[row + rowCount] = count + 1
    words[at] = (words[at] as number) & -256
  }

  #countTake(): void {
    const words = this.#words
    const record = this.#record
    const acquired = ((words[record + threadWord.acquired] as number) + 1) & wordMask
    words[record + threadWord.acquired] = acquired
    if (acquired === 0) words[record + threadWord.acquiredLaps] = (words[record + threadWord.acquiredLaps] as number) + 1
    this.countOut(1)
  }

  /** Counts a block more or less that this seat holds. */
  countOut(change: number): void {
    const words = this.#words
    const record = this.#record
    const out = (words[record + threadWord.out] as number) + change
    words[record + threadWord.out] = out
    if (out > (words[record + threadWord.peakOut] as number)) words[record + threadWord.peakOut] = out
  }

  /** Makes `#row` one that has a block. */
  #refill(): boolean {
    const words = this.#words
    const row = this.#row
    if (this.#other !== 0 && words[this.#other + rowCount] !== 0) {
      this.#row = this.#other
      this.#limit = this.#layout.rowBlocks
      this.#other = row === noRow ? 0 : row
      return true
    }
    if (this.#closed) return false
    // Gives an empty row up before it claims another one.
    if (this.#other !== 0 && row !== noRow) {
      this.#publish(row)
      this.#row = noRow
      this.#limit = 0
    }
    const claimed = this.#claimBlocks()
    if (claimed === 0) {
      this.count(threadWord.exhaustions)
      words[wantedWord] = 1
      return false
    }
    this.count(threadWord.refills)
    if (this.#row !== noRow) this.#other = this.#row
    this.#row = claimed
    this.#limit = this.#layout.rowBlocks
    return true
  }

  /** Makes `#row` one that is not full. */
  #makeRoom(): void {
    const words = this.#words
    const { rowBlocks } = this.#layout
    const row = this.#row
    if (this.#other !== 0 && (words[this.#other + rowCount] as number) < rowBlocks) {
      this.#row = this.#other
      this.#other = row === noRow ? 0 : row
    } else {
      if (this.#other !== 0) {
        this.#publish(this.#other)
        this.#other = 0
      }
      const claimed = this.#claimRoom()
      if (row !== noRow) this.#other = row
      this.#row = claimed
    }
    this.#limit = rowBlocks
  }

  /** Moves a block from a third row to the two, by way of the thread's own hand. */
  #pour(third: number): void {
    const words = this.#words
    const count = words[third + rowCount] as number
    const index = words[third + rowSlots + count - 1] as number
    const at = this.#firstBlockWord + index
    words[at] = (words[at] as number) | this.seat
    words[third + rowCount] = count - 1
    this.#put(index)
  }

  /** Ends this seat's ownership of a row: whichever thread claims it next sees all that was written to it. */
  #publish(row: number): void {
    const words = this.#words
    if (words[row + rowCount] === 0) {
      this.#lookForRoomAt = row
      Atomics.store(words, row, rowEmpty)
    } else {
      this.#lookForBlocksAt = row
      Atomics.store(words, row, rowStocked)
    }
  }

  /** Claims a row with blocks; 0 when there is none. */
  #claimBlocks(): number {
    const words = this.#words
    const { firstRow, endOfRows, rowStride } = this.#layout
    let row = this.#lookForBlocksAt
    do {
      if (Atomics.load(words, row) === rowStocked && Atomics.compareExchange(words, row, rowStocked, this.seat) === rowStocked) {
        this.#lookForBlocksAt = row
        return row
      }
      row += rowStride
      if (row === endOfRows) row = firstRow
    } while (row !== this.#lookForBlocksAt)
    return 0
  }

  /** Claims a row that is not full: an empty one where there is one. All rows together have room for more than all blocks. */
  #claimRoom(): number {
    const words = this.#words
    const { firstRow, endOfRows, rowStride, rowBlocks } = this.#layout
    for (let round = 0; round < 2 ** 16; round++) {
      let row = this.#lookForRoomAt
      do {
        const state = Atomics.load(words, row)
        const mayBe = state === rowEmpty || (round > 0 && state === rowStocked && (words[row + rowCount] as number) < rowBlocks)
        if (mayBe && Atomics.compareExchange(words, row, state, this.seat) === state) {
          if ((words[row + rowCount] as number) < rowBlocks) {
            this.#lookForRoomAt = row
            return row
          }
          this.#publish(row)
        }
        row += rowStride
        if (row === endOfRows) row = firstRow
      } while (row !== this.#lookForRoomAt)
    }
    throw corrupt('no row has room for a block that is given back')
  }

  /** Adds one to a counter of the thread's own. */
  count(counter: number): void {
    const words = this.#words
    words[this.#record + counter] = ((words[this.#record + counter] as number) + 1) & wordMask
  }

  /** A thread found no block: puts all that lies in the own rows where it can be claimed, and wakes those that wait. */
  answer(): void {
    const words = this.#words
    words[wantedWord] = 0
    this.flush()
    Atomics.store(words, answersWord, (Atomics.load(words, answersWord) + 1) & wordMask)
    // It takes a mutex, for which an audio thread must not wait: sleepers look again by themselves after some ms.
    if (!isAudioThread) Atomics.notify(words, answersWord)
  }
}
