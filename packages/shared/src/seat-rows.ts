import {
  answersWord,
  idle,
  type Layout,
  nextEpoch,
  nextHandle,
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
 * The blocks that one thread can take without asking the others: its hand, as many as two rows hold.
 *
 * ```
 *   hand       17 │ 4 │ 99 │ …            the thread's own, each block as its next handle; shared is its word alone: seat + idle
 *              take ↓     ↑ give
 *   word       epoch │ seat               one plain store each
 *
 *   rows       owner │ 3 │ 17 │ 4 │ 99    when the hand is empty, a row is claimed and emptied into it; when it is full, one is filled
 * ```
 *
 * A row is claimed by one compare-and-swap of the word that then names its owner, and given up by one store to it. In between, one thread
 * alone reads and writes it, plainly. A thread may end between any two writes: a block then stands in a row, or its word names the
 * thread, or both. It never is in neither place.
 */
export class SeatRows {
  /** The seat for which rows are claimed; once the thread has left, a number that no block's word names. */
  seat: number
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #record: number
  readonly #acquiredAt: number
  readonly #firstBlockWord: number
  readonly #epochStep: number
  readonly #hand: Int32Array
  readonly #capacity: number
  /** Blocks in the hand. */
  #atHand = 0
  /** Fewer in the hand than this means more out than ever before. */
  #peakAt: number
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
    this.#acquiredAt = this.#record + threadWord.acquired
    this.#firstBlockWord = layout.firstBlockWord
    this.#epochStep = layout.epochStep
    this.#capacity = 2 * layout.rowBlocks
    this.#hand = new Int32Array(this.#capacity)
    this.#peakAt = -(words[this.#record + threadWord.peakOut] as number)
    // Threads begin to look in different places.
    const rows = (layout.endOfRows - layout.firstRow) / layout.rowStride
    this.#lookForBlocksAt = layout.firstRow + Math.floor((rows * (seat - 1)) / layout.threads) * layout.rowStride
    this.#lookForRoomAt = layout.endOfRows - layout.rowStride
  }

  /** Takes a block; its handle, or -1 when the hand is empty and there is no row to claim. */
  take(): number {
    if (this.#atHand === 0 && !this.#refill()) return -1
    const words = this.#words
    const atHand = this.#atHand - 1
    const handle = this.#hand[atHand] as number
    const step = this.#epochStep
    words[this.#firstBlockWord + (handle & (step - 1))] = (handle & -step) | this.seat
    this.#atHand = atHand
    if (atHand < this.#peakAt) this.#notePeak()
    const acquired = ((words[this.#acquiredAt] as number) + 1) & wordMask
    words[this.#acquiredAt] = acquired
    if (acquired === 0) this.count(threadWord.acquiredLaps)
    return handle
  }

  /** Gives a block back; false, and nothing changed, when this seat does not hold it under this handle. */
  give(handle: number): boolean {
    if (typeof handle !== 'number') return false
    const words = this.#words
    const step = this.#epochStep
    const at = this.#firstBlockWord + (handle & (step - 1))
    const held = (handle & -step) | this.seat
    if (words[at] !== held || (handle | 0) !== handle) return false
    words[at] = held | idle
    if (this.#atHand === this.#capacity) this.#pourOut()
    this.#hand[this.#atHand++] = nextHandle(handle, step)
    if (words[wantedWord] !== 0) this.answer()
    return true
  }

  /** Counts a block that this seat held and sent. */
  countSent(): void {
    this.lose()
    this.count(threadWord.sent)
  }

  /** Counts a block that this seat received. */
  countReceived(): void {
    this.#peakAt++
    if (this.#atHand < this.#peakAt) this.#notePeak()
    this.count(threadWord.received)
  }

  /** A block that this seat held is not its any more. */
  lose(): void {
    this.#peakAt--
  }

  /** Whether this seat holds the block under this very handle. */
  holds(handle: number): boolean {
    if (typeof handle !== 'number') return false
    const at = this.#firstBlockWord + (handle & (this.#epochStep - 1))
    return this.#words[at] === ((handle & -this.#epochStep) | this.seat) && (handle | 0) === handle
  }

  /** Makes a block that came from another thread one that this seat holds; its handle. */
  hold(index: number): number {
    const words = this.#words
    const at = this.#firstBlockWord + index
    const epoch = nextEpoch(words[at] as number, this.#epochStep)
    words[at] = epoch | this.seat
    return epoch | index
  }

  /** Takes a block that no live thread holds into the hand. */
  adopt(index: number): void {
    const words = this.#words
    const at = this.#firstBlockWord + index
    const epoch = (words[at] as number) & -this.#epochStep
    words[at] = epoch | this.seat | idle
    if (this.#atHand === this.#capacity) this.#pourOut()
    this.#hand[this.#atHand++] = nextHandle(epoch | index, this.#epochStep)
    this.#peakAt++
  }

  /** Takes a block out of the hand for good, uncounted; its index, or -1. */
  drop(): number {
    if (this.#atHand === 0 && !this.#refill()) return -1
    this.#peakAt--
    return (this.#hand[--this.#atHand] as number) & (this.#epochStep - 1)
  }

  /** Gives the hand up if nothing was taken since the last call, unless blocks were reserved. */
  flushIfIdle(): boolean {
    const acquired = this.#words[this.#acquiredAt] as number
    const isIdle = acquired === this.#acquiredBefore
    this.#acquiredBefore = acquired
    if (isIdle && !this.#isReserved && this.#atHand > 0) this.flush()
    return !this.#closed
  }

  /** Fills the hand up to `blocks`, or with all that can be claimed; how many it holds then. */
  stock(blocks: number): number {
    this.#isReserved = true
    while (this.#atHand < blocks) {
      const row = this.#claimBlocks()
      if (row === 0) break
      this.#empty(row)
    }
    return this.#atHand
  }

  /** Gives the blocks in the hand to all. */
  flush(): void {
    this.#isReserved = false
    while (this.#atHand > 0) this.#pourOut()
  }

  /** Gives the hand up, and fills it no more. */
  close(): void {
    this.#closed = true
    this.flush()
  }

  /** Refuses every handle from now on, since the seat may be another thread's. */
  leave(): void {
    this.seat = idle
  }

  #refill(): boolean {
    if (this.#closed) return false
    const row = this.#claimBlocks()
    if (row === 0) {
      this.count(threadWord.exhaustions)
      this.#words[wantedWord] = 1
      return false
    }
    this.count(threadWord.refills)
    this.#empty(row)
    return true
  }

  /** Takes a claimed row's blocks into the hand, as many as it has room for, and gives the row up. */
  #empty(row: number): void {
    const words = this.#words
    const count = words[row + rowCount] as number
    const left = Math.max(0, count - (this.#capacity - this.#atHand))
    this.#peakAt += count - left
    for (let slot = count - 1; slot >= left; slot--) {
      const index = words[row + rowSlots + slot] as number
      const at = this.#firstBlockWord + index
      const epoch = words[at] as number
      words[at] = epoch | this.seat | idle
      this.#hand[this.#atHand++] = nextHandle(epoch | index, this.#epochStep)
    }
    words[row + rowCount] = left
    this.#publish(row)
  }

  /** Fills a row with the blocks that were longest in the hand, and gives the row up. */
  #pourOut(): void {
    const words = this.#words
    const row = this.#claimRoom()
    const count = words[row + rowCount] as number
    const moved = Math.min(this.#layout.rowBlocks - count, this.#atHand)
    for (let slot = 0; slot < moved; slot++) {
      const index = (this.#hand[slot] as number) & (this.#epochStep - 1)
      const at = this.#firstBlockWord + index
      words[row + rowSlots + count + slot] = index
      words[row + rowCount] = count + slot + 1
      words[at] = (words[at] as number) & -this.#epochStep
    }
    this.#hand.copyWithin(0, moved, this.#atHand)
    this.#atHand -= moved
    this.#peakAt -= moved
    this.#publish(row)
  }

  /** More blocks are out than ever before. */
  #notePeak(): void {
    const at = this.#record + threadWord.peakOut
    this.#words[at] = (this.#words[at] as number) + this.#peakAt - this.#atHand
    this.#peakAt = this.#atHand
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

  /** A thread found no block: puts all that lies in the hand where it can be claimed, and wakes those that wait. */
  answer(): void {
    const words = this.#words
    words[wantedWord] = 0
    this.flush()
    Atomics.store(words, answersWord, (Atomics.load(words, answersWord) + 1) & wordMask)
    // It takes a mutex, for which an audio thread must not wait: sleepers look again by themselves after some ms.
    if (!isAudioThread) Atomics.notify(words, answersWord)
  }
}
