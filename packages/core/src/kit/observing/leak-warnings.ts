/** The most places that one pool warns of. */
const maxWarnings = 10

/** The process warnings of one pool about memory that was collected without release: one for each place in the caller's code. */
export class LeakWarnings {
  readonly #warnedOf = new Set<string | undefined>()

  /**
   * Warns with the code `ERR_POOL_LEAK`, unless the pool warned of that place before, or of ten others.
   * @param message - one sentence; no content of the memory
   * @param acquiredAt - the place, where it was sampled
   * @param otherwise - the detail where it was not
   */
  warn(message: string, acquiredAt: string | undefined, otherwise: string): void {
    if (this.#warnedOf.has(acquiredAt) || this.#warnedOf.size >= maxWarnings) return
    this.#warnedOf.add(acquiredAt)
    process.emitWarning(message, { type: 'PoolLeakWarning', code: 'ERR_POOL_LEAK', detail: acquiredAt ?? otherwise })
  }
}
