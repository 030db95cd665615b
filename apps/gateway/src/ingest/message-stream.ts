import { finished } from 'node:stream/promises'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { type Framing, type MessageContext, MessageError, MessageStreamProcessor } from '@pool/stream'
import type { Analysis, ThreatDetector } from '../detector/index.js'
import { Refusal } from '../http/error-answer.js'
import type { Quarantine } from '../quarantine/quarantine.js'
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
  /** Ends streams where they are, and those that come from then on: a sender may never do so. */
  readonly stopping: AbortSignal
}

/** How a stream of messages is to be read. */
export interface IngestFraming {
  readonly framing: Framing
  /** Type of each message; undefined: the detector looks. */
  readonly messageType: string | undefined
}

/** The client of a stream: its bytes, and the way back. */
export interface StreamClient {
  /**
   * Passes the client's bytes to `processor`, and settles when they end or `stop` aborts.
   * @throws (rejects) when they can't be read or taken any further
   */
  feed(processor: MessageStreamProcessor, stop: AbortSignal): Promise<void>
  /** Writes a line. Returns a promise where the client does not keep up, that settles when it does. */
  send(line: string): Promise<unknown> | undefined
  readonly isGone: boolean
  /** Whether the stream can still be refused as a whole, instead of by a line. */
  readonly isRefusable: boolean
}

/**
 * One stream of messages, judged one at a time, and the lines that answer it, in order.
 *
 * ```
 *   client ──► processor: one message at a time ──► detector ──► line ──► client
 *     ▲                                                                     │
 *     └────────── nothing is read while the client does not read ◄──────────┘
 * ```
 */
export class MessageStream {
  readonly #client: StreamClient
  readonly #parts: IngestParts
  readonly #headers: Readonly<Record<string, string>>
  readonly #processor: MessageStreamProcessor
  readonly #stop = new AbortController()
  /** Lines that wait for the client to read. */
  #sending: Promise<unknown> | undefined = undefined
  /** Lines so far. */
  messages = 0
  /** Messages so far in which something was found. */
  threats = 0
  /** A failure of the gateway's own. */
  err: Error | undefined = undefined

  constructor(client: StreamClient, { framing, messageType }: IngestFraming, parts: IngestParts) {
    this.#client = client
    this.#parts = parts
    this.#headers = messageType === undefined ? {} : { 'content-type': messageType }
    const { pool, maxMessageBytes, waitMs } = parts
    const handler = (message: Buffer, context: MessageContext) => this.#judge(message, context)
    this.#processor = new MessageStreamProcessor({ framing, pool, maxMessageBytes, waitMs, handler })
    this.#processor.on('messageError', (error) => {
      // A message that is cut off because reading has stopped gets no line: its sender has to send it again.
      if (!this.#stop.signal.aborted || error.code !== 'ERR_POOL_MESSAGE_TRUNCATED') this.#tellError(error)
    })
    // It is read where the stream ends.
    this.#processor.on('error', () => {})
  }

  /**
   * Judges until the client ends or is gone, the stream can't be read any further, or it is stopped.
   * @throws (rejects) what ended it while it can still be refused
   */
  async run(): Promise<void> {
    const [processor, client, { stopping }] = [this.#processor, this.#client, this.#parts]
    try {
      const fed = client.feed(processor, this.#stop.signal)
      if (stopping.aborted) this.stop()
      stopping.addEventListener('abort', this.stop)
      await fed
      processor.end()
      await finished(processor)
      if (this.#stop.signal.aborted) this.#tellError(new Refusal(503, 'gateway.stopping', 'the gateway stops; send again what has no line'))
    } catch (error) {
      processor.destroy()
      if (client.isGone) return
      const cause = processor.errored ?? error
      if (client.isRefusable && !(cause instanceof MessageError)) throw cause
      this.#tellError(cause)
    } finally {
      stopping.removeEventListener('abort', this.stop)
    }
    await this.#sending?.catch(() => {})
  }

  /** Once it runs: stops reading. Messages that were read are answered, and a last line says that this is not all. */
  readonly stop = (): void => {
    this.#stop.abort()
    this.#processor.end()
  }

  #judge(message: Buffer, { offset, signal }: MessageContext): void | Promise<void> {
    const analysis = this.#parts.detector.analyzeInTurns({ headers: this.#headers }, message, () => signal.aborted)
    if (!(analysis instanceof Promise)) return this.#conclude(message, offset, analysis)
    return analysis.then((judged) => judged && this.#conclude(message, offset, judged))
  }

  #conclude(message: Buffer, offset: number, { verdict, findings, complete }: Analysis): void {
    const judged: VerdictLine = { index: this.messages, offset, bytes: message.length, verdict, findings }
    const line = complete ? judged : { ...judged, complete }
    if (verdict === 'threat') {
      this.threats += 1
      this.#parts.quarantine?.keep(message, line)
    }
    this.#tell(line)
  }

  #tellError(error: unknown): void {
    const line = errorLine(this.messages, error)
    if (line.error.code === 'internal') this.err = error as Error
    this.#tell(line)
  }

  /** Writes a line. While the client does not read, no further message is begun. */
  #tell(line: VerdictLine | ErrorLine): void {
    this.messages += 1
    const text = `${JSON.stringify(line)}\n`
    const sending = this.#sending === undefined ? this.#client.send(text) : this.#sending.then(() => this.#client.send(text))
    if (sending === undefined) return
    this.#sending = sending
    this.#processor.pause()
    const sent = (): void => {
      if (this.#sending !== sending) return
      this.#sending = undefined
      this.#processor.resume()
    }
    // The client is gone. Messages that wait for it would wait for ever.
    sending.then(sent, () => void this.#processor.destroy())
  }
}
