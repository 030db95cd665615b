import type { Request, RequestHandler, Response } from 'express'
import { UnderWay } from '../under-way.js'
import { ingestFraming } from './ingest-framing.js'
import { type IngestParts, IngestStream } from './ingest-stream.js'

/** Answers streams of messages with streams of verdicts. */
export class Ingest {
  readonly #parts: IngestParts
  readonly #streams = new Set<IngestStream>()
  readonly #underWay = new UnderWay()
  #isStopping = false

  /** @param parts - stay their maker's */
  constructor(parts: IngestParts) {
    this.#parts = parts
  }

  /** `POST /ingest`. */
  readonly answer: RequestHandler = (request, response) => this.#underWay.follow(this.#serve(request, response))

  /** Ends streams where they are, and those that come from now on: a sender may never do so. */
  stop(): void {
    this.#isStopping = true
    for (const stream of this.#streams) stream.stop()
  }

  /** Waits until no stream is read. */
  async settled(): Promise<void> {
    await this.#underWay.settled()
  }

  async #serve(request: Request, response: Response): Promise<void> {
    const stream = new IngestStream(request, response, ingestFraming(request), this.#parts)
    this.#streams.add(stream)
    try {
      const ended = stream.run()
      if (this.#isStopping) stream.stop()
      await ended
    } finally {
      this.#streams.delete(stream)
    }
  }
}
