import { Duplex } from 'node:stream'
import { isPoolError } from '@pool/core'
import { validChoice } from '@pool/core/validate'
import {
  type FramingStreamOptions,
  type MessageParsingOptions,
  type ParsingSettings,
  parsingSettings,
  streamOptionNames
} from './framing-options.js'
import { MessageError } from './message-error.js'
import { MessageParser } from './message-parser.js'
import type { PooledMessage } from './pooled-message.js'

/** The options of {@link createMessageDecoder}. */
export interface MessageDecoderOptions extends MessageParsingOptions, FramingStreamOptions {
  /**
   * What a message does that is too long, or cut off by the end: `'error'` ends the stream with a {@link MessageError}; `'skip'` emits
   * it as `messageError` and goes on with the next message, and takes no memory for the bad one. A malformed varint always ends the
   * stream: nobody can tell where the next message begins. Default `'error'`.
   */
  readonly onInvalid?: 'error' | 'skip'
}

type WriteCallback = (error?: Error | null) => void

/**
 * Bytes in, messages out: a Duplex whose readable side is in object mode and yields {@link PooledMessage}s. Whoever reads one owns it
 * and releases it. Made by {@link createMessageDecoder}.
 *
 * Nothing is parsed ahead of what the readable side takes, so that a chunk of many small messages, or of empty ones, never becomes
 * more objects than `readableHighWaterMark`.
 */
export class MessageDecoder extends Duplex {
  readonly #parser: MessageParser
  readonly #settings: ParsingSettings
  readonly #skips: boolean
  #written: WriteCallback | undefined = undefined
  #isBusy = false
  #isClosed = false
  #waiting: AbortController | undefined = undefined

  /** @internal */
  constructor(settings: ParsingSettings, skips: boolean, options: FramingStreamOptions) {
    super({ ...options, readableObjectMode: true, writableObjectMode: false, decodeStrings: true })
    this.#parser = new MessageParser(settings)
    this.#settings = settings
    this.#skips = skips
  }

  /** As of Node's `read()`: a {@link PooledMessage}, or null. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it; pipeline() takes no stream whose read() is narrower.
  override read(size?: number): any {
    // `resume()` without a listener throws the messages away; what they hold must come back all the same.
    const isUnheard = this.readableFlowing === true && this.listenerCount('data') === 0
    const message = super.read(size) as PooledMessage | null
    if (isUnheard) message?.release()
    return message
  }

  /** The messages; each is its reader's to release. */
  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<PooledMessage> {
    return super[Symbol.asyncIterator]()
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#parser.write(chunk)
    this.#written = callback
    this.#pump()
  }

  /** @internal */
  override _read(): void {
    if (this.#written !== undefined) this.#pump()
  }

  /** @internal */
  override _final(callback: WriteCallback): void {
    const error = this.#parser.end()
    if (error !== undefined) {
      if (!this.#skips) {
        callback(error)
        return
      }
      this.emit('messageError', error)
    }
    this.push(null)
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A signal that aborted before destroys the stream while it is being made.
    if (#parser in this) this.#close()
    callback(error)
  }

  #close(): void {
    this.#isClosed = true
    this.#parser.close()
    this.#waiting?.abort()
    // Nobody gets what is queued: a stream that was destroyed gives no more data. `read` would hand it to listeners.
    this.removeAllListeners('data')
    while (this.readableLength > 0) {
      const message = super.read(1) as PooledMessage | null
      if (message === null) break
      message.release()
    }
    // What was written behind the chunk is only called back once this is.
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  /** Moves messages from the chunk to the readable side while that takes them. */
  #pump(): void {
    if (this.#isBusy || this.#waiting !== undefined) return
    this.#isBusy = true
    try {
      while (this.#moveOne() && this.#moveWhileFlowing()) {
        // On and on, until the readable side has enough or the chunk is used up.
      }
    } finally {
      this.#isBusy = false
    }
  }

  /** Pushes one message; false when the readable side wants no more, or there is none. */
  #moveOne(): boolean {
    const message = this.#parser.next()
    if (message !== undefined) return this.push(message)
    return this.#withoutMessage()
  }

  /**
   * While somebody listens and nothing is queued, `push()` does no more than emit; doing so here saves half of what a small message
   * costs. False as {@link MessageDecoder.#moveOne}.
   */
  #moveWhileFlowing(): boolean {
    if (this.readableLength > 0 || this.listenerCount('data') === 0) return true
    const parser = this.#parser
    while (this.readableFlowing) {
      const message = parser.next()
      if (message === undefined) return this.#withoutMessage()
      if (!this.emit('data', message)) message.release()
    }
    return true
  }

  /** What to do when the parser gave none; true: ask it again. */
  #withoutMessage(): boolean {
    if (this.#isClosed) return false
    const { problem } = this.#parser
    if (problem === undefined) {
      const written = this.#written
      this.#written = undefined
      written?.()
      // That may have brought the next chunk.
      return this.#written !== undefined
    }
    if (problem instanceof MessageError && this.#skips && !this.#parser.isOver) {
      this.emit('messageError', problem)
      return !this.#isClosed
    }
    if (this.#settings.waitMs > 0 && isPoolError(problem, 'ERR_POOL_EXHAUSTED')) void this.#waitForMemory()
    else this.#fail(problem)
    return false
  }

  async #waitForMemory(): Promise<void> {
    this.#waiting = new AbortController()
    let failure: Error | undefined
    try {
      await this.#parser.wait({ timeoutMs: this.#settings.waitMs, signal: this.#waiting.signal })
    } catch (error) {
      failure = error as Error
    }
    // Out of the promise, so that what a listener throws is an uncaught exception as in every stream.
    process.nextTick(() => {
      this.#waiting = undefined
      if (this.#isClosed) return
      if (failure === undefined) this.#pump()
      else this.#fail(failure)
    })
  }

  #fail(error: Error): void {
    const written = this.#written
    this.#written = undefined
    if (written === undefined) this.destroy(error)
    else written(error)
  }
}

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
  const nodeOptions: FramingStreamOptions = {}
  for (const name of streamOptionNames) if (options[name] !== undefined) Object.assign(nodeOptions, { [name]: options[name] })
  return new MessageDecoder(settings, onInvalid === 'skip', nodeOptions)
}
