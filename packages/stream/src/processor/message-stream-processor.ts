import { Writable } from 'node:stream'
import { isThenable, throwLater } from '@pool/core/kit'
import type { MessageError } from '../framing/message-error.js'
import { MessageIntake, type WriteCallback } from '../framing/message-intake.js'
import type { PooledMessage } from '../framing/pooled-message.js'
import { type MessageStreamProcessorOptions, type ProcessorSettings, processorSettings } from './message-stream-processor-options.js'
import { MessageInFlight, MessagesInFlight } from './messages-in-flight.js'
import { PressureGate } from './pressure-gate.js'

/**
 * The counts of a processor's messages so far, by their outcome. Until it is destroyed, `received` is the sum of the next four and of the
 * handlers that run and are not late.
 */
export interface MessageStreamProcessorStats {
  /** Messages found in the stream. */
  readonly received: number
  /** Handled. */
  readonly processed: number
  /** The handler threw or rejected. */
  readonly failed: number
  /** Rejected by `validate`. */
  readonly rejected: number
  /** The handler took too long. */
  readonly timedOut: number
  /** Too long or cut off: never shown to the handler, not in `received`. */
  readonly skipped: number
  /** Bytes of the messages received, without prefixes and newlines. */
  readonly bytes: number
  /** Messages whose handler runs, or whose result waits for its turn. */
  readonly inFlight: number
  /** Whether no handler is started now, and why. */
  readonly paused: false | 'by hand' | 'by pressure'
}

/**
 * Finds messages in bytes and calls a handler with each: the end of a `pipeline(socket, processor)`, which takes in no more than the
 * handlers keep up with.
 *
 * ```
 *   chunk ──► parse ──► validate ──► handler(message, { signal, offset, sequence }) ──► 'result'
 *                │          └────────────────┴──── false, a throw, too long ──► 'messageError', and on with the next message
 *                └ too long, cut off ─────────────────────────────────────────► 'messageError', and on where the next begins
 * ```
 *
 * A message is the handler's until the handler's result has settled, also after its time is over or the stream was destroyed; then its
 * memory goes back. A handler that is too late keeps its place until then: no more than `concurrency` of them ever run.
 *
 * Events beside those of `Writable`: `result` with the handler's result and the {@link MessageContext}; `messageError` with a
 * {@link MessageError}. Where the framing itself is lost, and where the pool fails, the stream ends with an `error`. It finishes when
 * each message was handled and its event emitted.
 */
export class MessageStreamProcessor extends Writable {
  readonly #settings: ProcessorSettings
  readonly #intake: MessageIntake
  readonly #inFlight: MessagesInFlight
  readonly #gate: PressureGate | undefined
  #finished: (() => void) | undefined = undefined
  #drained: (() => void)[] = []
  #isBusy = false
  #isClosed = false
  #isPaused = false
  readonly #counts = { received: 0, processed: 0, failed: 0, rejected: 0, timedOut: 0, skipped: 0, bytes: 0 }

  /** @throws `ERR_POOL_INVALID_OPTION`, naming the option */
  constructor(options: MessageStreamProcessorOptions) {
    const settings = processorSettings(options)
    const { highWaterMark, signal, emitClose = true, autoDestroy = true } = options
    super({
      emitClose,
      autoDestroy,
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
      ...(signal === undefined ? {} : { signal })
    })
    this.#settings = settings
    this.#intake = new MessageIntake(settings.parsing, this)
    this.#inFlight = new MessagesInFlight(settings.timeoutMs, (late) => this.#expire(late))
    this.#gate = settings.pressure && new PressureGate(settings.pressure, () => this.takeMessages())
  }

  /** Starts no further handler until {@link MessageStreamProcessor.resume}; those that run go on. */
  pause(): this {
    this.#isPaused = true
    return this
  }

  /** Goes on after {@link MessageStreamProcessor.pause}. */
  resume(): this {
    this.#isPaused = false
    this.takeMessages()
    return this
  }

  /** Resolves when every message written is handled and its event emitted, and no handler runs: after `destroy()`, when the last has settled. */
  drain(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve))
  }

  /** A snapshot, made on each call. */
  stats(): MessageStreamProcessorStats {
    const byPressure = this.#gate?.isShut ? 'by pressure' : false
    return { ...this.#counts, inFlight: this.#inFlight.size, paused: this.#isPaused ? 'by hand' : byPressure }
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#intake.write(chunk, callback)
    this.#gate?.look()
    this.takeMessages()
  }

  /** @internal */
  override _final(callback: () => void): void {
    const error = this.#intake.end()
    this.#finished = callback
    if (error !== undefined) this.skipMessage(error)
    this.#settleIdle()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: WriteCallback): void {
    // A signal that aborted before destroys the stream while it is being made.
    if (#gate in this) this.#close(error)
    callback(error)
  }

  /** @internal */
  skipMessage(error: MessageError): boolean {
    this.#counts.skipped++
    this.#emitSafely('messageError', error)
    return true
  }

  /**
   * Starts handlers while there are messages, and places for them.
   * @internal
   */
  takeMessages(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    const { concurrency } = this.#settings
    const inFlight = this.#inFlight
    const intake = this.#intake
    try {
      while (inFlight.size < concurrency && !this.#isPaused && !this.#gate?.isShut) {
        const message = intake.next()
        if (message === undefined) break
        this.#start(message)
      }
    } catch (error) {
      // A listener of Node's own events, such as `drain`, threw.
      throwLater(error)
      process.nextTick(() => this.takeMessages())
    } finally {
      this.#isBusy = false
    }
    if (inFlight.size === 0) this.#settleIdle()
  }

  #close(error: Error | null): void {
    this.#isClosed = true
    this.#inFlight.stop()
    this.#gate?.stop()
    for (let message = this.#inFlight.first; message !== undefined; ) {
      const { next } = message
      if (message.hasSettled) this.#inFlight.remove(message)
      else message.abort(error ?? new DOMException('the stream was destroyed', 'AbortError'))
      message = next
    }
    this.#intake.close()
    this.#settleIdle()
  }

  #start(message: PooledMessage): void {
    const inFlight = this.#inFlight
    const entry = new MessageInFlight(message, this.#intake.messageOffset, this.#counts.received++, inFlight.tick)
    this.#counts.bytes += entry.bytes
    inFlight.add(entry)
    const { handler, validate } = this.#settings
    if (validate !== undefined && !this.#passes(entry, validate)) return
    let result: unknown
    try {
      result = handler(message.buffer, entry)
    } catch (error) {
      this.#settle(entry, undefined, error, true)
      return
    }
    if (isThenable(result)) void this.#settleLater(entry, result)
    else this.#settle(entry, result, undefined, false)
  }

  #passes(entry: MessageInFlight, validate: NonNullable<ProcessorSettings['validate']>): boolean {
    let cause: unknown
    try {
      const verdict = validate(entry.message.buffer, entry)
      if (!isThenable(verdict) && verdict !== false) return true
      // No caller waits for this promise, so its rejection is ignored.
      if (isThenable(verdict)) verdict.then(undefined, () => {})
    } catch (error) {
      cause = error
    }
    this.#counts.rejected++
    entry.error = entry.errorOf('ERR_POOL_MESSAGE_REJECTED', 'was rejected by validate, which must decide at once.', cause)
    entry.hasOutcome = true
    this.#settle(entry, undefined, undefined, false)
    return false
  }

  async #settleLater(entry: MessageInFlight, pending: PromiseLike<unknown>): Promise<void> {
    let result: unknown
    let error: unknown
    let hasFailed = false
    try {
      result = await pending
    } catch (cause) {
      error = cause
      hasFailed = true
    }
    this.#settle(entry, result, error, hasFailed)
  }

  /** The handler is done with the message. */
  #settle(entry: MessageInFlight, result: unknown, error: unknown, hasFailed: boolean): void {
    entry.message[Symbol.dispose]()
    entry.hasSettled = true
    if (!entry.hasOutcome && !this.#isClosed) {
      entry.hasOutcome = true
      if (hasFailed) {
        this.#counts.failed++
        entry.error = entry.errorOf('ERR_POOL_HANDLER_FAILED', 'was not handled: the handler failed. See the cause.', error)
      } else {
        this.#counts.processed++
        entry.result = result
      }
    }
    this.#tellWhatIsDue(entry)
  }

  #expire(entry: MessageInFlight): void {
    this.#counts.timedOut++
    const what = `was not handled within timeoutMs, ${this.#settings.timeoutMs}. Raise it, or let the handler heed its signal.`
    entry.error = entry.errorOf('ERR_POOL_MESSAGE_TIMEOUT', what)
    entry.hasOutcome = true
    entry.abort(entry.error)
    this.#tellWhatIsDue(entry)
  }

  /** Emits the outcome of this message, or where order is kept of all messages whose turn it is; then starts others in their place. */
  #tellWhatIsDue(entry: MessageInFlight): void {
    const wasBusy = this.#isBusy
    this.#isBusy = true
    try {
      if (!this.#settings.ordered || this.#isClosed) this.#tell(entry)
      else {
        for (let due = this.#inFlight.first; due?.hasOutcome && !this.#isClosed; ) {
          const { next } = due
          this.#tell(due)
          due = next
        }
      }
    } finally {
      this.#isBusy = wasBusy
      if (!wasBusy) this.takeMessages()
    }
  }

  #tell(entry: MessageInFlight): void {
    if (entry.hasSettled) this.#inFlight.remove(entry)
    if (entry.wasTold || this.#isClosed) return
    entry.wasTold = true
    if (entry.error === undefined) this.#emitSafely('result', entry.result, entry)
    else this.#emitSafely('messageError', entry.error)
  }

  /** Emits an event. An error of a listener is an uncaught exception, and the other messages are handled all the same. */
  #emitSafely(event: string, ...values: unknown[]): void {
    try {
      this.emit(event, ...values)
    } catch (error) {
      throwLater(error)
    }
  }

  #isIdle(): boolean {
    if (this.#inFlight.size > 0) return false
    return this.#isClosed || (this.#intake.isEmpty && this.writableLength === 0)
  }

  /** Calls back the caller that waits for the last message. */
  #settleIdle(): void {
    if (!this.#isIdle()) return
    const finished = this.#finished
    if (finished !== undefined && !this.#isClosed) {
      this.#finished = undefined
      this.#inFlight.stop()
      this.#gate?.stop()
      finished()
    }
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}
