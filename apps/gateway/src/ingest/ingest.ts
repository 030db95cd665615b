import { type Request, type Response, Router } from 'express'
import { answerMethod } from '../http/error-answer.js'
import { nameRoute } from '../http/request-log.js'
import type { UnderWay } from '../http/under-way.js'
import { ingestFraming } from './ingest-framing.js'
import { IngestStream } from './ingest-stream.js'
import type { IngestParts } from './message-judge.js'
import { RunningStreams } from './running-streams.js'

/** Answers streams of messages with streams of verdicts. */
export class Ingest {
  /** `POST /ingest`. */
  readonly router = Router()
  readonly #parts: IngestParts
  readonly #streams = new RunningStreams<IngestStream>()

  /**
   * @param parts - stay their maker's
   * @param underWay - follows each stream until it is read no more
   */
  constructor(parts: IngestParts, underWay: UnderWay) {
    this.#parts = parts
    this.router.all('/ingest', nameRoute('/ingest'))
    this.router.post(
      '/ingest',
      underWay.handler<Record<string, string>>((request, response) => this.#serve(request, response))
    )
    this.router.all('/ingest', answerMethod('POST'))
  }

  /** Ends streams where they are, and those that come from now on: a sender may never do so. */
  stop(): void {
    this.#streams.stop()
  }

  async #serve(request: Request, response: Response): Promise<void> {
    await this.#streams.run(new IngestStream(request, response, ingestFraming(request), this.#parts))
  }
}
