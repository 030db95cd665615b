import { MessageError, type MessageErrorCode } from './message-error.js'
import type { PooledMessage } from './pooled-message.js'

/** What a handler is told beside the message. */
export interface MessageContext {
  /** Aborts when the handler's time is over, or the stream was destroyed. Made when it is first read. */
  readonly signal: AbortSignal
  /** Bytes of the stream before the message, its prefix included in what follows. */
  readonly offset: number
  /** Messages of the stream before this one. */
  readonly sequence: number
}

/** A message whose handler runs, or whose result was not told yet. A link of the list that {@link MessagesInFlight} keeps. */
export class MessageInFlight implements MessageContext {
  readonly message: PooledMessage
  readonly bytes: number
  readonly offset: number
  readonly sequence: number
  /** The tick in which its handler started. */
  readonly tick: number
  previous: MessageInFlight | undefined = undefined
  next: MessageInFlight | undefined = undefined
  /** The handler's promise settled; the message was released. */
  hasSettled = false
  /** There is something to tell: `error`, or else `result`. */
  hasOutcome = false
  /** It was told. */
  wasTold = false
  result: unknown = undefined
  error: MessageError | undefined = undefined
  #reason: unknown = undefined
  #aborted = false
  #controller: AbortController | undefined = undefined

  /** Takes `message` over until the handler has settled. */
  constructor(message: PooledMessage, offset: number, sequence: number, tick: number) {
    this.message = message
    this.bytes = message.buffer.length
    this.offset = offset
    this.sequence = sequence
    this.tick = tick
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Tells the handler to stop. */
  abort(reason: unknown): void {
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }

  /** An error of this message. */
  errorOf(code: MessageErrorCode, what: string, cause?: unknown): MessageError {
    const where = `the message at byte ${this.offset} of the stream, of ${this.bytes} bytes, ${what}`
    return new MessageError(code, where, this.offset, this.bytes, cause === undefined ? undefined : { cause })
  }
}
