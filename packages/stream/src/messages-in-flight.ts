import type { MessageInFlight } from './message-in-flight.js'

/** A timeout is told by ticks of an eighth of it: never early, and late by an eighth and a turn at most. */
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
  /** What a message that starts now is given. */
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
    this.#timer = setInterval(() => this.#turn(), Math.max(1, Math.ceil(this.#timeoutMs / ticksPerTimeout)))
  }

  #turn(): void {
    this.tick++
    // Kept for a tick without messages, not stopped and started with each of them.
    if (this.#first === undefined) {
      this.stop()
      return
    }
    const over = this.tick - ticksPerTimeout
    for (let message = this.#first as MessageInFlight | undefined; message !== undefined && message.tick < over; ) {
      const { next } = message
      if (!message.hasOutcome) this.#expire(message)
      message = next
    }
  }
}
