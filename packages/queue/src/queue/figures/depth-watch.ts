import type { QueueDepth } from './queue-stats.js'

/** The depth of a queue as Redis last gave it: a scrape can't wait for Redis, so it gets the last answer and asks for the next one. */
export class DepthWatch {
  readonly #ask: () => Promise<QueueDepth>
  #asking: Promise<void> | undefined = undefined
  /** The last answer; undefined before the first, and once an answer failed. */
  last: QueueDepth | undefined = undefined
  /** Whether the last question was answered, or none was asked yet. */
  answers = true

  /** @param ask - asks for the depth; may reject */
  constructor(ask: () => Promise<QueueDepth>) {
    this.#ask = ask
  }

  /** Asks, or waits for the answer to a question that is under way. Never rejects. */
  refresh(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #askOnce(): Promise<void> {
    try {
      this.last = await this.#ask()
      this.answers = true
    } catch {
      this.last = undefined
      this.answers = false
    }
  }
}
