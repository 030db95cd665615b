import type { SharedQueue } from './block-queue.js'
import {
  channelHead,
  channelPlacesAt,
  channelTail,
  holderMask,
  inFlight,
  type Layout,
  nextEpoch,
  threadRecord,
  threadWord,
  wordMask
} from './layout.js'
import { ringTaken } from './refusals.js'

/** Words of a ring's record, beside tail and head: the seat of the writer, the block that is being sent, and the seat of the reader. */
const writerAt = channelTail + 1
const pendingAt = channelTail + 2
const readerAt = channelHead + 1

/*
 * A place's word: 0, or a message
 *
 *   1 │ lap, 1 bit │ block's index, 20 bits
 */
const message = 2 ** 21
const lapShift = 20
const indexMask = 2 ** lapShift - 1

/**
 * A bounded queue of blocks from one thread to one other: the fast case of a {@link Channel}, without a compare-and-swap.
 *
 * ```
 *   send      pending = block, word = in flight, place = message, tail + 1      one store that others wait for: the place's
 *   receive   word = seat, head + 1, place = 0
 * ```
 *
 * Writer and reader each own one end; the first thread that sends or receives takes it, until it leaves or is reaped. A thread may end between any two
 * writes: a block that is pending, in flight and in no place is its writer's still, and a message whose block is not in flight was received.
 */
export class Ring implements SharedQueue {
  readonly #words: Int32Array
  readonly #number: number
  readonly #record: number
  readonly #places: number
  readonly #mask: number
  readonly #lapBits: number
  readonly #seat: number
  readonly #code: number
  readonly #firstBlockWord: number
  readonly #epochStep: number
  readonly #readsWord: number
  readonly #readsBit: number
  #isWriter = false
  #isReader = false

  constructor(words: Int32Array, layout: Layout, number: number, seat: number) {
    this.#words = words
    this.#number = number
    this.#record = layout.firstChannel + number * layout.channelStride
    this.#places = this.#record + channelPlacesAt
    this.#mask = layout.channelPlaces - 1
    this.#lapBits = Math.log2(layout.channelPlaces)
    this.#seat = seat
    this.#code = inFlight + number
    this.#firstBlockWord = layout.firstBlockWord
    this.#epochStep = layout.epochStep
    this.#readsWord = threadRecord(seat) + threadWord.reads + Math.floor(number / 30)
    this.#readsBit = 1 << (number % 30)
  }

  push(index: number): boolean {
    const words = this.#words
    const record = this.#record
    if (!this.#isWriter) this.#becomeWriter()
    const tail = words[record + channelTail] as number
    const place = this.#places + (tail & this.#mask)
    if (Atomics.load(words, place) !== 0) return false
    words[record + pendingAt] = index + 1
    const at = this.#firstBlockWord + index
    words[at] = ((words[at] as number) & -this.#epochStep) | this.#code
    Atomics.store(words, place, message | (((tail >>> this.#lapBits) & 1) << lapShift) | index)
    words[record + channelTail] = (tail + 1) & wordMask
    return true
  }

  pop(): number {
    if (!this.#isReader) this.#becomeReader()
    return this.take()
  }

  take(): number {
    const words = this.#words
    const record = this.#record
    const head = words[record + channelHead] as number
    const place = this.#places + (head & this.#mask)
    const found = Atomics.load(words, place)
    if (found === 0) return -1
    const index = found & indexMask
    const at = this.#firstBlockWord + index
    const epoch = nextEpoch(words[at] as number, this.#epochStep)
    words[at] = epoch | this.#seat
    words[record + channelHead] = (head + 1) & wordMask
    Atomics.store(words, place, 0)
    return epoch | index
  }

  settle(dead: number): void {
    const words = this.#words
    const record = this.#record
    if (Atomics.load(words, record + writerAt) === dead) {
      this.#settleWriter(dead)
      Atomics.store(words, record + writerAt, 0)
    }
    if (Atomics.load(words, record + readerAt) !== dead) return
    // The message received last may still stand in its place, at the head or, once the head moved on, behind it.
    const head = Atomics.load(words, record + channelHead)
    if (this.#wasReceived(head)) {
      Atomics.store(words, record + channelHead, (head + 1) & wordMask)
      Atomics.store(words, this.#places + (head & this.#mask), 0)
    } else if (this.#wasReceived(head - 1)) Atomics.store(words, this.#places + ((head - 1) & this.#mask), 0)
  }

  leave(dead: number): void {
    Atomics.compareExchange(this.#words, this.#record + readerAt, dead, 0)
  }

  #settleWriter(dead: number): void {
    const words = this.#words
    const record = this.#record
    const tail = Atomics.load(words, record + channelTail)
    const found = Atomics.load(words, this.#places + (tail & this.#mask))
    const isShown = found !== 0 && ((found >>> lapShift) & 1) === ((tail >>> this.#lapBits) & 1)
    // Shown and received already: the reader's head has passed the tail.
    const isPassed = found === 0 && Atomics.load(words, record + channelHead) === ((tail + 1) & wordMask)
    if (isShown || isPassed) Atomics.store(words, record + channelTail, (tail + 1) & wordMask)
    const pending = (words[record + pendingAt] as number) - 1
    if (pending >= 0 && !this.#isInPlace(pending)) {
      // A reader writes the block's word before it frees the place: in flight, and in no place, means never shown.
      const at = this.#firstBlockWord + pending
      const word = Atomics.load(words, at)
      if ((word & holderMask) === this.#code) Atomics.store(words, at, (word & -this.#epochStep) | dead)
    }
    words[record + pendingAt] = 0
  }

  #isInPlace(index: number): boolean {
    for (let number = 0; number <= this.#mask; number++) {
      const found = Atomics.load(this.#words, this.#places + number)
      if (found !== 0 && (found & indexMask) === index) return true
    }
    return false
  }

  /** Whether the place of that position has a message whose block is in flight no more. */
  #wasReceived(position: number): boolean {
    const found = Atomics.load(this.#words, this.#places + (position & this.#mask))
    return found !== 0 && (Atomics.load(this.#words, this.#firstBlockWord + (found & indexMask)) & holderMask) !== this.#code
  }

  #becomeWriter(): void {
    const owner = Atomics.compareExchange(this.#words, this.#record + writerAt, 0, this.#seat)
    if (owner !== 0 && owner !== this.#seat) throw ringTaken('sends', this.#number, owner)
    this.#isWriter = true
  }

  /** Notes that this thread reads from here, as readers of channels do. */
  #becomeReader(): void {
    const words = this.#words
    const owner = Atomics.compareExchange(words, this.#record + readerAt, 0, this.#seat)
    if (owner !== 0 && owner !== this.#seat) throw ringTaken('receives', this.#number, owner)
    Atomics.store(words, this.#readsWord, (words[this.#readsWord] as number) | this.#readsBit)
    this.#isReader = true
  }
}
