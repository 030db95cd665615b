import { isPoolError } from '@pool/core'
import type { ParsingSettings } from './framing-options.js'
import { MessageError } from './message-error.js'
import { MessageParser } from './message-parser.js'
import type { PooledMessage } from './pooled-message.js'

/** The callback that tells Node that a chunk was taken in. */
export type WriteCallback = (error?: Error | null) => void

/** The stream that a {@link MessageIntake} reports to. */
export interface MessageConsumer {
  /** There may be messages again. */
  takeMessages(): void
  /** A message is thrown away; true: go on with the next. */
  skipMessage(error: MessageError): boolean
  /** No more messages can be found, and no write is pending whose callback could take the error. */
  destroy(error: Error): void
}

/**
 * The writable side of a stream that finds messages in bytes. The write of a chunk is called back when the chunk is used up; while the pool is
 * exhausted, nothing is taken in.
 */
export class MessageIntake {
  readonly #parser: MessageParser
  readonly #waitMs: number
  readonly #consumer: MessageConsumer
  #written: WriteCallback | undefined = undefined
  #waiting: AbortController | undefined = undefined
  #isClosed = false

  /** Takes in nothing yet. */
  constructor(settings: ParsingSettings, consumer: MessageConsumer) {
    this.#parser = new MessageParser(settings)
    this.#waitMs = settings.waitMs
    this.#consumer = consumer
  }

  /** Whether there is no chunk that may hold a message. */
  get isEmpty(): boolean {
    return this.#written === undefined
  }

  /** Bytes of the stream before the message that {@link MessageIntake.next} gave last, its prefix included. */
  get messageOffset(): number {
    return this.#parser.messageOffset
  }

  /** Takes a chunk; `callback` is called when it is used up. */
  write(chunk: Buffer, callback: WriteCallback): void {
    this.#parser.write(chunk)
    this.#written = callback
  }

  /** The next message, which the caller then owns; none when there is none yet, and {@link MessageConsumer.takeMessages} is called later. */
  next(): PooledMessage | undefined {
    while (this.#waiting === undefined) {
      try {
        const message = this.#parser.next()
        if (message !== undefined) return message
      } catch (error) {
        if (this.#goesOnAfter(error as Error)) continue
        break
      }
      if (this.#isClosed) break
      this.#callBack()
      // That may have brought the next chunk.
      if (this.#written === undefined) break
    }
    return undefined
  }

  /** The stream ended: the error, when it ended inside a message. */
  end(): MessageError | undefined {
    return this.#parser.end()
  }

  /** Gives back the memory of an unfinished message, ends the wait, and calls the pending write back, since later writes wait for that. */
  close(): void {
    this.#isClosed = true
    this.#parser.close()
    this.#waiting?.abort()
    this.#callBack()
  }

  /** Skips a message, waits for memory, or ends the stream; true: ask the parser again. */
  #goesOnAfter(error: Error): boolean {
    if (this.#isClosed) return false
    if (error instanceof MessageError && !this.#parser.isOver && this.#consumer.skipMessage(error)) return !this.#isClosed
    if (this.#waitMs > 0 && isPoolError(error, 'ERR_POOL_EXHAUSTED')) void this.#waitForMemory()
    else this.#fail(error)
    return false
  }

  async #waitForMemory(): Promise<void> {
    this.#waiting = new AbortController()
    let failure: Error | undefined
    try {
      await this.#parser.wait({ timeoutMs: this.#waitMs, signal: this.#waiting.signal })
    } catch (error) {
      failure = error as Error
    }
    // Out of the promise, so that an error of a listener is an uncaught exception as in every stream.
    process.nextTick(() => {
      this.#waiting = undefined
      if (this.#isClosed) return
      if (failure === undefined) this.#consumer.takeMessages()
      else this.#fail(failure)
    })
  }

  #callBack(error?: Error): void {
    const written = this.#written
    this.#written = undefined
    written?.(error)
  }

  #fail(error: Error): void {
    if (this.#written === undefined) this.#consumer.destroy(error)
    else this.#callBack(error)
  }
}
