import { finished } from 'node:stream/promises'
import type { BufferSource } from '@pool/core'
import { type MessageContext, MessageError, MessageStreamProcessor } from '@pool/stream'
import type { Request, Response } from 'express'
import type { ThreatDetector } from '../detector/index.js'
import { Refusal } from '../http/error-answer.js'
import { noteOutcome } from '../http/request-log.js'
import { whenGone } from '../http/when-gone.js'
import type { IngestFraming } from './ingest-framing.js'
import { type ErrorLine, errorLine, type VerdictLine } from './ingest-line.js'

/** What streams of messages are judged with. */
export interface IngestParts {
  readonly detector: ThreatDetector
  /** Where messages that span chunks are put together. */
  readonly pool: BufferSource<Buffer>
  readonly maxMessageBytes: number
  /** How long a message waits for memory, in ms. */
  readonly waitMs: number
}

/** How long whoever still sends has to read the last line, in ms: what comes meanwhile is thrown away. */
const LINGER_MS = 1000

/**
 * One stream of messages, and the lines that answer it, in order.
 *
 * ```
 *   request ──► processor: one message at a time ──► detector ──► line ──► response
 *      ▲                                                                      │
 *      └────────── nothing is read while the client does not read ◄───────────┘
 * ```
 */
export class IngestStream {
  readonly #request: Request
  readonly #response: Response
  readonly #detector: ThreatDetector
  readonly #headers: Readonly<Record<string, string>>
  readonly #processor: MessageStreamProcessor
  #index = 0
  #threats = 0
  #isStopping = false

  constructor(request: Request, response: Response, { framing, messageType }: IngestFraming, parts: IngestParts) {
    this.#request = request
    this.#response = response
    this.#detector = parts.detector
    this.#headers = messageType === undefined ? {} : { 'content-type': messageType }
    this.#processor = new MessageStreamProcessor({
      framing,
      pool: parts.pool,
      maxMessageBytes: parts.maxMessageBytes,
      waitMs: parts.waitMs,
      handler: (message, context) => this.#judge(message, context)
    })
    this.#processor.on('messageError', (error) => {
      // A message that is cut off because nothing more is read gets no line: it is to be sent again.
      if (!this.#isStopping || error.code !== 'ERR_POOL_MESSAGE_TRUNCATED') this.#tellError(error)
    })
  }

  /**
   * Judges until the sender ends or is gone, the stream can't be read any further, or this is stopped.
   * @throws (rejects) what ended it before anything was answered
   */
  async run(): Promise<void> {
    const request = this.#request
    const response = this.#response
    const processor = this.#processor
    const gone = whenGone(response)
    response.type('application/x-ndjson').on('drain', () => processor.resume())
    try {
      const finishing = finished(processor, { signal: gone })
      // Not a pipeline, which would end the connection together with the processor, and the last line would not get out.
      request.pipe(processor)
      await finishing
      if (this.#isStopping) this.#tellError(new Refusal(503, 'gateway.stopping', 'the gateway stops; send again what has no line'))
    } catch (error) {
      processor.destroy()
      if (gone.aborted) return
      if (!response.headersSent && !(error instanceof MessageError)) throw error
      this.#tellError(error)
    }
    response.end(() => this.#linger())
  }

  /** Once it runs: reads no more; what was read is answered, and a last line tells that this is not all. */
  stop(): void {
    this.#isStopping = true
    this.#request.unpipe(this.#processor)
    this.#processor.end()
  }

  #judge(message: Buffer, { offset }: MessageContext): void {
    const { verdict, findings, complete } = this.#detector.analyzeRequest({ headers: this.#headers }, message)
    if (verdict === 'threat') this.#threats += 1
    const line: VerdictLine = { index: this.#index, offset, bytes: message.length, verdict, findings }
    this.#tell(complete ? line : { ...line, complete })
  }

  #tellError(error: unknown): void {
    const line = errorLine(this.#index, error)
    if (line.error.code === 'internal') noteOutcome(this.#response, { err: error as Error })
    this.#tell(line)
  }

  /** Writes a line; while the client does not read, no further message is begun, and nothing more taken in. */
  #tell(line: VerdictLine | ErrorLine): void {
    this.#index += 1
    noteOutcome(this.#response, { messages: this.#index, threats: this.#threats })
    if (!this.#response.destroyed && !this.#response.write(`${JSON.stringify(line)}\n`)) this.#processor.pause()
  }

  /** Leaves whoever still sends a while to read the last line, throwing away what comes, then ends the connection. */
  #linger(): void {
    const request = this.#request
    request.resume()
    if (request.complete) return
    const deadline = setTimeout(() => request.socket.destroy(), LINGER_MS)
    request.once('close', () => clearTimeout(deadline))
  }
}
