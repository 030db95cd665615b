import { finished } from 'node:stream/promises'
import { MessageError } from '@pool/stream'
import type { Request, Response } from 'express'
import { Refusal } from '../http/error-answer.js'
import { noteOutcome } from '../http/request-log.js'
import { whenGone } from '../http/when-gone.js'
import type { IngestFraming } from './ingest-framing.js'
import { type IngestParts, type LineSink, MessageJudge } from './message-judge.js'

/** How long a client that still sends has to read the last line, in ms; bytes that come meanwhile are thrown away. */
const LINGER_MS = 1000

/** Says that a stream was stopped, in its last line. */
export function stopped(): Refusal {
  return new Refusal(503, 'gateway.stopping', 'the gateway stops; send again what has no line')
}

/**
 * One stream of messages, and the lines that answer it, in order.
 *
 * ```
 *   request ──► processor: one message at a time ──► detector ──► line ──► response
 *      ▲                                                                      │
 *      └────────── nothing is read while the client does not read ◄───────────┘
 * ```
 */
export class IngestStream implements LineSink {
  readonly #request: Request
  readonly #response: Response
  readonly #judge: MessageJudge
  #isStopping = false

  constructor(request: Request, response: Response, framing: IngestFraming, parts: IngestParts) {
    this.#request = request
    this.#response = response
    this.#judge = new MessageJudge(framing, parts, this)
  }

  /**
   * Judges until the sender ends or is gone, the stream can't be read any further, or this is stopped.
   * @throws (rejects) what ended it before anything was answered
   */
  async run(): Promise<void> {
    const request = this.#request
    const response = this.#response
    const { processor } = this.#judge
    const gone = whenGone(response)
    response.type('application/x-ndjson').on('drain', () => processor.resume())
    try {
      const finishing = finished(processor, { signal: gone })
      // Not a pipeline, which would end the connection together with the processor, and the last line would not get out.
      request.pipe(processor)
      await finishing
      if (this.#isStopping) this.#judge.tellError(stopped())
    } catch (error) {
      processor.destroy()
      if (gone.aborted) return
      if (!response.headersSent && !(error instanceof MessageError)) throw error
      this.#judge.tellError(error)
    }
    response.end(() => this.#linger())
  }

  /** Once it runs: stops reading. Messages that were read are answered, and a last line says that this is not all. */
  stop(): void {
    this.#isStopping = true
    this.#request.unpipe(this.#judge.processor)
    this.#judge.stop()
  }

  /** Writes a line. While the client does not read, no further message is begun, and no further bytes are taken in. */
  tell(line: string): boolean {
    const { messages, threats } = this.#judge
    noteOutcome(this.#response, { messages, threats })
    return this.#response.destroyed || this.#response.write(line)
  }

  failed(error: Error): void {
    noteOutcome(this.#response, { err: error })
  }

  /** Gives a client that still sends a while to read the last line, throws away its bytes meanwhile, then ends the connection. */
  #linger(): void {
    const request = this.#request
    request.resume()
    if (request.complete) return
    const deadline = setTimeout(() => request.socket.destroy(), LINGER_MS)
    request.once('close', () => clearTimeout(deadline))
  }
}
