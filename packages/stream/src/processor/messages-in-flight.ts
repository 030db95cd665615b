import { outsideRequests } from '@pool/core/kit'
import { MessageError, type MessageErrorCode } from '../framing/message-error.js'
import type { PooledMessage } from '../framing/pooled-message.js'

/** The second argument of a handler. */
export interface MessageContext {
  /** Aborts when the handler's time is over, or the stream was destroyed. Made when it is first read. */
  readonly signal: AbortSignal
  /** Bytes of the stream before the prefix of the message. */
  readonly offset: number
  /** Messages of the stream before this one. */
  readonly sequence: number
}

/** A message whose handler runs, or whose result was not emitted yet. A link of the list that {@link MessagesInFlight} keeps. */
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
  /** There is an outcome to emit: `error`, or else `result`. */
  hasOutcome = false
  /** The outcome was emitted. */
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

/** A timeout is measured in ticks of an eighth of it: it is never early, and late by an eighth and a turn at most. */
const ticksPerTimeout = 8

/**
 * The messages in flight in order of their start, and the one timer of all: each has the same timeout, so the first of the list is the
 * first whose time is over.
 *
 * ```
 *   first ─► message, tick 3 ─► message, tick 3 ─► message, tick 5 ─► last       the timer counts ticks: no clock is read per message
 * ```
 */
export class MessagesInFlight {
  readonly #timeoutMs: number
  readonly #expire: (message: MessageInFlight) => void
  #first: MessageInFlight | undefined = undefined
  #last: MessageInFlight | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** How many are in the list. */
  size = 0
  /** The tick that a message which starts now is given. */
  tick = 0

  /** `timeoutMs`: `Infinity` for none. `expire` is called for each message whose time is over, once. */
  constructor(timeoutMs: number, expire: (message: MessageInFlight) => void) {
    this.#timeoutMs = timeoutMs
    this.#expire = expire
  }

  /** The message that started first. */
  get first(): MessageInFlight | undefined {
    return this.#first
  }

  /** Puts a message that starts now at the end. */
  add(message: MessageInFlight): void {
    const last = this.#last
    message.previous = last
    if (last === undefined) this.#first = message
    else last.next = message
    this.#last = message
    this.size++
    if (this.#timer === undefined && this.#timeoutMs !== Number.POSITIVE_INFINITY) this.#start()
  }

  /** Takes a message out, wherever it stands. */
  remove(message: MessageInFlight): void {
    const { previous, next } = message
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    message.previous = undefined
    message.next = undefined
    this.size--
  }

  /** Ends the timer; no message expires any more. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    const tickMs = Math.max(1, Math.ceil(this.#timeoutMs / ticksPerTimeout))
    this.#timer = outsideRequests(() => setInterval(() => this.#turn(), tickMs))
  }

  #turn(): void {
    this.tick++
    // Kept for a tick without messages, not stopped and started with each of them.
    if (this.#first === undefined) {
      this.stop()
      return
    }
    const over = this.tick - ticksPerTimeout
    for (let message = this.#first as MessageInFlight | undefined; message !== undefined && message.tick < over; message = message.next) {
      // It stays until its handler has settled, while the outcomes of those behind it may be emitted, and they are taken out, at once.
      if (!message.hasOutcome) this.#expire(message)
    }
  }
}
