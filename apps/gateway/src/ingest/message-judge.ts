import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { type MessageContext, MessageStreamProcessor } from '@pool/stream'
import type { Analysis, ThreatDetector } from '../detector/index.js'
import type { Quarantine } from '../quarantine/quarantine.js'
import type { IngestFraming } from './ingest-framing.js'
import { type ErrorLine, errorLine, type VerdictLine } from './ingest-line.js'

/** The parts that judge streams of messages. */
export interface IngestParts {
  readonly detector: ThreatDetector
  /** The pool in which messages that span chunks are assembled. */
  readonly pool: BufferSource<NonSharedBuffer>
  readonly maxMessageBytes: number
  /** How long a message waits for memory, in ms. */
  readonly waitMs: number
  /** Takes copies of messages that are threats; undefined where they are kept nowhere. */
  readonly quarantine: Quarantine | undefined
}

/** Where the lines of a stream go. */
export interface LineSink {
  /** Takes a line, with its end. Returns false to have no further message begun until the processor is resumed. */
  tell(line: string): boolean
  /** Hears of a failure of the gateway's own. */
  failed(error: Error): void
}

/** Judges the messages of one stream, one at a time, and gives a line for each, in order. */
export class MessageJudge {
  readonly #detector: ThreatDetector
  readonly #headers: Readonly<Record<string, string>>
  readonly #sink: LineSink
  readonly #quarantine: Quarantine | undefined
  #isStopping = false
  /** The writable for the bytes of the stream. */
  readonly processor: MessageStreamProcessor
  /** Lines so far. */
  messages = 0
  /** Messages so far in which something was found. */
  threats = 0

  constructor({ framing, messageType }: IngestFraming, parts: IngestParts, sink: LineSink) {
    this.#detector = parts.detector
    this.#headers = messageType === undefined ? {} : { 'content-type': messageType }
    this.#sink = sink
    this.#quarantine = parts.quarantine
    this.processor = new MessageStreamProcessor({
      framing,
      pool: parts.pool,
      maxMessageBytes: parts.maxMessageBytes,
      waitMs: parts.waitMs,
      handler: (message, context) => this.#judge(message, context)
    })
    this.processor.on('messageError', (error) => {
      // A message that is cut off because reading has stopped gets no line: its sender has to send it again.
      if (!this.#isStopping || error.code !== 'ERR_POOL_MESSAGE_TRUNCATED') this.tellError(error)
    })
  }

  /** Takes in no more bytes; messages that were taken in are judged. */
  stop(): void {
    this.#isStopping = true
    this.processor.end()
  }

  /** Gives a line for an error, of a message or of the stream. */
  tellError(error: unknown): void {
    const line = errorLine(this.messages, error)
    if (line.error.code === 'internal') this.#sink.failed(error as Error)
    this.#tell(line)
  }

  #judge(message: Buffer, context: MessageContext): void | Promise<void> {
    const analysis = this.#detector.analyzeInTurns({ headers: this.#headers }, message, () => context.signal.aborted)
    if (!(analysis instanceof Promise)) return this.#conclude(message, context.offset, analysis)
    return analysis.then((judged) => judged && this.#conclude(message, context.offset, judged))
  }

  #conclude(message: Buffer, offset: number, { verdict, findings, complete }: Analysis): void {
    const judged: VerdictLine = { index: this.messages, offset, bytes: message.length, verdict, findings }
    const line = complete ? judged : { ...judged, complete }
    if (verdict === 'threat') {
      this.threats += 1
      this.#quarantine?.keep(message, line)
    }
    this.#tell(line)
  }

  #tell(line: VerdictLine | ErrorLine): void {
    this.messages += 1
    if (!this.#sink.tell(`${JSON.stringify(line)}\n`)) this.processor.pause()
  }
}
