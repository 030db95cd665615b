/** A stream of messages that is being judged, and can be ended at its present place. */
export interface RunningStream {
  run(): Promise<void>
  /** Once it runs. */
  stop(): void
}

/** Streams of messages that are judged now, so that all of them can be ended: a sender may never do so. */
export class RunningStreams<S extends RunningStream> implements Iterable<S> {
  readonly #streams = new Set<S>()
  #isStopping = false

  /** How many run. */
  get size(): number {
    return this.#streams.size
  }

  /** Runs `stream` to its end. */
  async run(stream: S): Promise<void> {
    this.#streams.add(stream)
    try {
      const ended = stream.run()
      if (this.#isStopping) stream.stop()
      await ended
    } finally {
      this.#streams.delete(stream)
    }
  }

  /** Ends streams where they are, and those that come from now on. */
  stop(): void {
    this.#isStopping = true
    for (const stream of this.#streams) stream.stop()
  }

  [Symbol.iterator](): Iterator<S> {
    return this.#streams.values()
  }
}
