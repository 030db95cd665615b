import { headerWord, type Layout, threadRecord, threadWord } from './layout.js'
import { noSeat } from './refusals.js'
import { threadIdHere } from './thread-id.js'

/*
 * The key in a seat's state, 22 bits: the thread whose death frees the seat. One compare-and-swap takes the seat and writes the key.
 *
 *   1..2²¹ - 1         the tag of a token: the thread that attached with it
 *   2²¹ + threadId     a thread of this process of Node, whatever token it attached with
 */
const firstThreadKey = 2 ** 21
/** Tags of tokens are 1..this. */
export const maxTag = firstThreadKey - 1

/** A tag for a token: 21 bits, and not 0. */
export function newTag(words: Int32Array): number {
  return (Atomics.add(words, headerWord.nextTag, 1) % maxTag) + 1
}

/** The key of a thread of Node; undefined where the thread has ended, or there are no ids for threads. */
export function keyOfThread(threadId: unknown): number | undefined {
  const isId = typeof threadId === 'number' && threadId >= 0 && threadId < firstThreadKey
  return isId && threadIdHere() !== undefined ? firstThreadKey + threadId : undefined
}

/** Takes a free seat for this thread. */
export function takeSeat(words: Int32Array, layout: Layout, tag: number): number {
  const key = keyOfThread(threadIdHere()) ?? tag
  for (let seat = 1; seat <= layout.threads; seat++) {
    const record = threadRecord(seat)
    if (Atomics.load(words, record) === 0 && Atomics.compareExchange(words, record, 0, key << 8) === 0) {
      Atomics.store(words, record + threadWord.tag, tag)
      return seat
    }
  }
  throw noSeat(layout.threads)
}
