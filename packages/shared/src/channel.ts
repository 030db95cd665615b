import type { SharedQueue } from './block-queue.js'
import {
  channelHead,
  channelPlacesAt,
  channelTail,
  inFlight,
  type Layout,
  nextEpoch,
  threadRecord,
  threadWord,
  wordMask
} from './layout.js'

/*
 * A place's word, below 2^30:
 *
 *   state 0   free for position p       lap of p, 28 bits
 *   state 1   a writer is at it         seat, 7 bits │ lap, 1 bit │ block's index, 20 bits
 *   state 2   a message                 lap, 8 bits              │ block's index, 20 bits
 *   state 3   a reader is at it         seat, 7 bits │ lap, 1 bit │ block's index, 20 bits
 */
const stateShift = 28
const writing = 1
const ready = 2
const reading = 3
const lapShift = 20
const seatShift = 21
const indexMask = 2 ** lapShift - 1

/**
 * A bounded queue of blocks between threads, several writers and several readers.
 *
 * ```
 *   places    │ 3 free │ 8 msg │ 9 msg │ 2 writing │ 3 free │      a place goes free → writing → message → reading → free, one lap later
 *                       └ head                      └ tail
 * ```
 *
 * Each step that another thread can see names the thread that takes it, so that a reaper can complete the step of a dead thread. Any thread that
 * finds tail or head behind moves it on. A place that is free knows for which lap, so no thread that slept writes into a later one.
 */
export class Channel implements SharedQueue {
  readonly #words: Int32Array
  readonly #tail: number
  readonly #head: number
  readonly #places: number
  readonly #mask: number
  readonly #lapBits: number
  readonly #seat: number
  readonly #code: number
  readonly #firstBlockWord: number
  readonly #epochStep: number
  readonly #readsWord: number
  readonly #readsBit: number
  #isReader = false
  /** A position that the head has reached. */
  #passed = 0

  constructor(words: Int32Array, layout: Layout, number: number, seat: number) {
    const record = layout.firstChannel + number * layout.channelStride
    this.#words = words
    this.#tail = record + channelTail
    this.#head = record + channelHead
    this.#places = record + channelPlacesAt
    this.#mask = layout.channelPlaces - 1
    this.#lapBits = Math.log2(layout.channelPlaces)
    this.#seat = seat
    this.#code = inFlight + number
    this.#firstBlockWord = layout.firstBlockWord
    this.#epochStep = layout.epochStep
    this.#readsWord = threadRecord(seat) + threadWord.reads + Math.floor(number / 30)
    this.#readsBit = 1 << (number % 30)
  }

  /** Sends a block that this seat holds; false when the channel is full. */
  push(index: number): boolean {
    const words = this.#words
    for (;;) {
      const tail = Atomics.load(words, this.#tail)
      const place = this.#places + (tail & this.#mask)
      const found = Atomics.load(words, place)
      if (found === this.#free(tail)) {
        this.#passHead((tail - this.#mask) & wordMask)
        const mark = (writing << stateShift) | (this.#seat << seatShift) | (this.#parity(tail) << lapShift) | index
        if (Atomics.compareExchange(words, place, found, mark) !== found) continue
        // A message is never ahead of the tail: a reaper finds a place's position by it.
        Atomics.compareExchange(words, this.#tail, tail, (tail + 1) & wordMask)
        const at = this.#firstBlockWord + index
        words[at] = ((words[at] as number) & -this.#epochStep) | this.#code
        Atomics.store(words, place, (ready << stateShift) | (this.#lap8(tail) << lapShift) | index)
        return true
      }
      if (found === this.#free(tail + this.#mask + 1) || this.#isOfLap(found, tail)) {
        Atomics.compareExchange(words, this.#tail, tail, (tail + 1) & wordMask)
      } else if (Atomics.load(words, this.#tail) === tail) return false
    }
  }

  /** Receives a block as one of the channel's readers; -1 when there is none. */
  pop(): number {
    if (!this.#isReader) this.#register()
    return this.take()
  }

  /** Takes the next message, whose block this seat then holds under a handle of its own; -1 when there is none. */
  take(): number {
    const words = this.#words
    for (;;) {
      const head = Atomics.load(words, this.#head)
      const place = this.#places + (head & this.#mask)
      const found = Atomics.load(words, place)
      const index = found & indexMask
      if (found === ((ready << stateShift) | (this.#lap8(head) << lapShift) | index)) {
        const mark = (reading << stateShift) | (this.#seat << seatShift) | (this.#parity(head) << lapShift) | index
        if (Atomics.compareExchange(words, place, found, mark) !== found) continue
        let position = head
        if (Atomics.compareExchange(words, this.#head, head, (head + 1) & wordMask) !== head) {
          // Another thread moved it on; or this one slept for 256 laps, and has a later message, which the head may not have reached.
          position = this.#positionBelow(this.#tail, head & this.#mask)
          Atomics.compareExchange(words, this.#head, position, (position + 1) & wordMask)
        }
        const at = this.#firstBlockWord + index
        const epoch = nextEpoch(words[at] as number, this.#epochStep)
        words[at] = epoch | this.#seat
        Atomics.store(words, place, this.#free(position + this.#mask + 1))
        return epoch | index
      }
      if (found === this.#free(head + this.#mask + 1) || (found >>> stateShift === reading && this.#isOfLap(found, head))) {
        Atomics.compareExchange(words, this.#head, head, (head + 1) & wordMask)
      } else if (Atomics.load(words, this.#head) === head) return -1
    }
  }

  /**
   * As {@link SharedQueue.settle}: each place gets into a state that the next thread passes. A block that was being sent is sent: were the place
   * freed instead, a writer one lap ahead could take it before the head has passed it, and no reader would come past it any more.
   */
  settle(dead: number): void {
    const words = this.#words
    for (let number = 0; number <= this.#mask; number++) {
      const place = this.#places + number
      const found = Atomics.load(words, place)
      const state = found >>> stateShift
      if ((state !== writing && state !== reading) || ((found >>> seatShift) & 127) !== dead) continue
      const at = this.#firstBlockWord + (found & indexMask)
      const epoch = (words[at] as number) & -this.#epochStep
      if (state === writing) {
        const position = this.#positionFrom(this.#head, number)
        words[at] = epoch | this.#code
        Atomics.compareExchange(words, this.#tail, position, (position + 1) & wordMask)
        Atomics.store(words, place, (ready << stateShift) | (this.#lap8(position) << lapShift) | (found & indexMask))
      } else {
        const position = this.#positionBelow(this.#tail, number)
        words[at] = epoch | dead
        Atomics.compareExchange(words, this.#head, position, (position + 1) & wordMask)
        Atomics.store(words, place, this.#free(position + this.#mask + 1))
      }
    }
  }

  /** Any number of threads send and receive here: there are no ends to give up. */
  leave(): void {}

  /**
   * Makes sure that the head has reached `position`, one past the message that lay in the place a lap before. A reader that slept may have taken that
   * message ahead of the head. Were the place filled again before the head has passed it, no reader would come past it any more.
   */
  #passHead(position: number): void {
    if (((this.#passed - position) & wordMask) <= this.#mask) return
    const words = this.#words
    const last = (position - 1) & wordMask
    const head = Atomics.compareExchange(words, this.#head, last, position)
    this.#passed = head === last ? position : head
  }

  /** Notes that this thread reads from here: once no reader is left, a reaper gives back the messages that wait. */
  #register(): void {
    const words = this.#words
    Atomics.store(words, this.#readsWord, (words[this.#readsWord] as number) | this.#readsBit)
    this.#isReader = true
  }

  /** The place's position that is `head` or less than a lap ahead: no reader passes a place that is being written. */
  #positionFrom(head: number, number: number): number {
    const from = Atomics.load(this.#words, head)
    return (from + ((number - from) & this.#mask)) & wordMask
  }

  /** The place's position less than a lap below `tail`: a message is never ahead of it. */
  #positionBelow(tail: number, number: number): number {
    const last = (Atomics.load(this.#words, tail) - 1) & wordMask
    return (last - ((last - number) & this.#mask)) & wordMask
  }

  #free(position: number): number {
    return (position & wordMask) >>> this.#lapBits
  }

  #parity(position: number): number {
    return (position >>> this.#lapBits) & 1
  }

  #lap8(position: number): number {
    return (position >>> this.#lapBits) & 255
  }

  /** Whether a place that is not free belongs to the lap of `position`, and not to the one before. */
  #isOfLap(found: number, position: number): boolean {
    return found >>> stateShift !== 0 && ((found >>> lapShift) & 1) === this.#parity(position)
  }
}
