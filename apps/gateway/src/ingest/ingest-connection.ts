import { finished } from 'node:stream/promises'
import type { Lease, NonSharedBuffer } from '@pool/core'
import type { PooledConnection } from '@pool/net'
import { MessageError } from '@pool/stream'
import type { IngestFraming } from './ingest-framing.js'
import { stopped } from './ingest-stream.js'
import { type IngestParts, type LineSink, MessageJudge } from './message-judge.js'

/**
 * One connection that sends a stream of messages, and the lines that answer it, in order.
 *
 * ```
 *   connection ──► lease ──► processor: one message at a time ──► detector ──► line ──► connection
 *      ▲                                                                                    │
 *      └────────────── nothing is read while the client does not read ◄────────────────────┘
 * ```
 */
export class IngestConnection implements LineSink {
  readonly #connection: PooledConnection
  readonly #judge: MessageJudge
  readonly #stop = new AbortController()
  /** Lines that wait for the client to read. */
  #sending: Promise<void> | undefined = undefined
  /** A failure of the gateway's own. */
  err: Error | undefined = undefined

  constructor(connection: PooledConnection, framing: IngestFraming, parts: IngestParts) {
    this.#connection = connection
    this.#judge = new MessageJudge(framing, parts, this)
  }

  /** Bytes that came so far. */
  get bytes(): number {
    return this.#connection.stats().bytesRead
  }

  get messages(): number {
    return this.#judge.messages
  }

  get threats(): number {
    return this.#judge.threats
  }

  /** Judges until the client ends or is gone, the stream can't be read any further, or this is stopped. Never rejects. */
  async run(): Promise<void> {
    const { processor } = this.#judge
    const finishing = finished(processor)
    finishing.catch(() => {})
    try {
      await this.#connection
        .consume((lease) => this.#take(lease), { signal: this.#stop.signal })
        .catch((error: unknown) => {
          if (!this.#stop.signal.aborted) throw error
        })
      processor.end()
      await finishing
      if (this.#stop.signal.aborted) this.#judge.tellError(stopped())
    } catch (error) {
      processor.destroy()
      if (this.#connection.destroyed) return
      this.#judge.tellError(processor.errored instanceof MessageError ? processor.errored : error)
    }
    await this.#sending?.catch(() => {})
  }

  /** Stops reading. Messages that were read are answered, and a last line says that this is not all. */
  stop(): void {
    this.#stop.abort()
    this.#judge.stop()
  }

  tell(line: string): boolean {
    const connection = this.#connection
    const bytes = Buffer.from(line)
    const sending = this.#sending === undefined ? connection.send(bytes) : this.#sending.then(() => connection.send(bytes))
    if (sending === undefined) return true
    this.#sending = sending
    const sent = (): void => {
      if (this.#sending !== sending) return
      this.#sending = undefined
      this.#judge.processor.resume()
    }
    sending.then(sent, () => {})
    return false
  }

  failed(error: Error): void {
    this.err = error
  }

  /** Judges the bytes of a lease; the next lease waits for that. */
  #take(lease: Lease<NonSharedBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#judge.processor.write(lease.buffer, (error) => {
        lease.release()
        if (error) reject(error)
        else resolve()
      })
    })
  }
}
