import { headerWord, type Layout, threadRecord, threadWord } from './layout.js'
import { noSeat } from './refusals.js'

/** A tag for a token: 22 bits, and not 0. */
export function newTag(words: Int32Array): number {
  return (Atomics.add(words, headerWord.nextTag, 1) % (2 ** 22 - 1)) + 1
}

/** Takes a free seat for a thread. */
export function takeSeat(words: Int32Array, layout: Layout, tag: number): number {
  for (let seat = 1; seat <= layout.threads; seat++) {
    const record = threadRecord(seat)
    if (Atomics.load(words, record) === 0 && Atomics.compareExchange(words, record, 0, tag << 8) === 0) {
      words[record + threadWord.out] = 0
      return seat
    }
  }
  throw noSeat(layout.threads)
}
