import { Duplex } from 'node:stream'
import { throwLater, validChoice } from '@pool/core/kit'
import { addLeaseOperators } from '../leases/lease-operators.js'
import { readOwned, releaseUnread } from '../leases/lease-side.js'
import {
  type FramingStreamOptions,
  type MessageParsingOptions,
  type ParsingSettings,
  parsingSettings,
  streamOptionNames,
  streamOptions
} from './framing-options.js'
import type { MessageError } from './message-error.js'
import { MessageIntake, type WriteCallback } from './message-intake.js'
import type { PooledMessage } from './pooled-message.js'

/** The options of {@link createMessageDecoder}. */
export interface MessageDecoderOptions extends MessageParsingOptions, FramingStreamOptions {
  /**
   * The treatment of a message that is too long, or cut off by the end. `'error'`: the stream ends with a {@link MessageError}. `'skip'`: the
   * stream emits the error as `messageError`, goes on with the next message, and takes no memory for the bad one. A malformed varint always
   * ends the stream, since the beginning of the next message is unknown. Default `'error'`.
   */
  readonly onInvalid?: 'error' | 'skip'
}

/**
 * Bytes in, messages out: a Duplex whose readable side is in object mode and yields {@link PooledMessage}s. Its reader owns it
 * and releases it. Made by {@link createMessageDecoder}.
 *
 * The decoder parses no further ahead than the readable side takes, so that a chunk of many small messages, or of empty ones, never becomes
 * more objects than `readableHighWaterMark`.
 */
export class MessageDecoder extends Duplex {
  readonly #intake: MessageIntake
  readonly #skips: boolean
  #isBusy = false

  /** @internal */
  constructor(settings: ParsingSettings, skips: boolean, options: FramingStreamOptions) {
    super({ ...options, readableObjectMode: true, writableObjectMode: false, decodeStrings: true })
    this.#intake = new MessageIntake(settings, this)
    this.#skips = skips
  }

  /** As of Node's `read()`: a {@link PooledMessage}, or null. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it; pipeline() takes no stream whose read() is narrower.
  override read(size?: number): any {
    return readOwned(this, size)
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#intake.write(chunk, callback)
    this.takeMessages()
  }

  /** @internal */
  override _read(): void {
    if (!this.#intake.isEmpty) this.takeMessages()
  }

  /** @internal */
  override _final(callback: WriteCallback): void {
    const error = this.#intake.end()
    if (error === undefined || this.skipMessage(error)) {
      this.push(null)
      callback()
    } else callback(error)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: WriteCallback): void {
    // A signal that aborted before destroys the stream while it is being made.
    if (#intake in this) this.#close()
    callback(error)
  }

  /** @internal */
  skipMessage(error: MessageError): boolean {
    if (!this.#skips) return false
    try {
      this.emit('messageError', error)
    } catch (thrown) {
      throwLater(thrown)
    }
    return true
  }

  /**
   * Moves messages from the chunk to the readable side while that takes them.
   * @internal
   */
  takeMessages(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      while (this.#moveOne() && this.#moveWhileFlowing()) {
        // On and on, until the readable side has enough or the chunk is used up.
      }
    } catch (error) {
      // A listener threw. The messages behind that one are found all the same.
      throwLater(error)
      process.nextTick(() => this.takeMessages())
    } finally {
      this.#isBusy = false
    }
  }

  #close(): void {
    this.#intake.close()
    releaseUnread(this)
  }

  /** Pushes one message; false when the readable side wants no more, or there is none. */
  #moveOne(): boolean {
    const message = this.#intake.next()
    return message !== undefined && this.push(message)
  }

  /**
   * While there is a listener and nothing is queued, `push()` does no more than emit; doing so here saves half of the cost of a small
   * message. False when there is no message.
   */
  #moveWhileFlowing(): boolean {
    if (this.readableLength > 0 || this.listenerCount('data') === 0) return true
    const intake = this.#intake
    while (this.readableFlowing) {
      const message = intake.next()
      if (message === undefined) return false
      // Only false: an `emit` that was replaced, for tracing, may return nothing.
      if (this.emit('data', message) === false) message.release()
    }
    return true
  }
}

addLeaseOperators(MessageDecoder.prototype)

/**
 * Makes a stream that finds messages in bytes. It works in `pipeline`, `compose` and `for await`, and as a Web Stream by Node's
 * adapters.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 * @example
 * ```ts
 * for await (using message of socket.pipe(createMessageDecoder({ framing: 'u32be' }))) handle(message.buffer)
 * ```
 */
export function createMessageDecoder(options: MessageDecoderOptions = {}): MessageDecoder {
  const settings = parsingSettings(options, ['onInvalid', ...streamOptionNames])
  const { onInvalid = 'error' } = options
  validChoice('onInvalid', onInvalid, ['error', 'skip'])
  return new MessageDecoder(settings, onInvalid === 'skip', streamOptions(options))
}
