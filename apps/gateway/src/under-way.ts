/** Work that may outlive the request that began it: a read that nobody can call off, a password that is being checked. */
export class UnderWay {
  readonly #work = new Set<Promise<unknown>>()

  /**
   * Follows `work` until it has ended.
   * @returns what settles as `work` does
   */
  follow<T>(work: Promise<T>): Promise<T> {
    const ended = work.finally(() => this.#work.delete(ended))
    this.#work.add(ended)
    return ended
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work)
  }
}
