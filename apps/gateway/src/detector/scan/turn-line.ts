/** How long a turn lasts, in ms. Whatever else the process has to do meanwhile waits for the end of the turn, and not for the end of a scan. */
const TURN_MS = 5

/** Shares the event loop out among long scans: each passage of the loop has one turn for all of them together. */
export class TurnLine {
  readonly #waiting: (() => void)[] = []
  #isScheduled = false
  #ends = 0

  /** When the turn of this passage ends, by the clock. */
  get ends(): number {
    if (!this.#isScheduled) this.#begin()
    return this.#ends
  }

  /** Waits in line. Resolves at the beginning of a turn that is the caller's. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#isScheduled) this.#begin()
    })
  }

  #begin(): void {
    this.#isScheduled = true
    this.#ends = performance.now() + TURN_MS
    // One at a time: all that are set in one passage of the loop would run in the next one.
    setImmediate(() => {
      this.#isScheduled = false
      const resolve = this.#waiting.shift()
      if (resolve === undefined) return
      this.#begin()
      resolve()
    })
  }
}
