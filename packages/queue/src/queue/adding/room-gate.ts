import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort, outsideRequests } from '@pool/core/kit'

const firstPauseMs = 5
const longestPauseMs = 200

/** Where adds wait for room: one of them asks how long the queue is, for all. */
export class RoomGate {
  readonly #length: () => Promise<number>
  readonly #maxLength: number
  #opening: Promise<void> | undefined = undefined
  /** Adds that wait. */
  waiting = 0
  /** Bytes of these. */
  waitingBytes = 0

  /** @param length - asks for the number of messages in the queue */
  constructor(length: () => Promise<number>, maxLength: number) {
    this.#length = length
    this.#maxLength = maxLength
  }

  /**
   * Waits until the queue had room. Another add may take it.
   * @throws (rejects) the signal's reason; the error of `length`
   */
  async opened(bytes: number, signal: AbortSignal): Promise<void> {
    this.waiting++
    this.waitingBytes += bytes
    let unwatch = (): void => {}
    try {
      signal.throwIfAborted()
      await Promise.race([
        this.#open(),
        new Promise<never>((_, reject) => {
          unwatch = onAbort(signal, reject)
        })
      ])
    } finally {
      unwatch()
      this.waiting--
      this.waitingBytes -= bytes
    }
  }

  #open(): Promise<void> {
    this.#opening ??= outsideRequests(() => this.#ask()).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #ask(): Promise<void> {
    for (let pauseMs = firstPauseMs; this.waiting > 0; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      await sleep(pauseMs)
      if ((await this.#length()) < this.#maxLength) return
    }
  }
}
