import { Transform, type TransformCallback } from 'node:stream'
import { type Lease, PoolError } from '@pool/core'
import { can, type Framing, invalid, prefixBytesOf, takeOver, validOptions, writePrefix } from '@pool/core/kit'
import { type FramingStreamOptions, framingSettings, streamOptionNames, streamOptions } from './framing-options.js'
import { MessageError } from './message-error.js'

/** The options of {@link createMessageEncoder}. */
export interface MessageEncoderOptions extends FramingStreamOptions {
  /** Where messages begin and end. Default `'u32be'`. */
  readonly framing?: Framing
  /** The longest message, in bytes, without its prefix or newline. Default 10 MiB. */
  readonly maxMessageBytes?: number
}

/** Bytes of a block, in which frames are put together. */
const blockBytes = 16 * 1024
/** From here on a message of plain memory goes out as it is, behind a chunk that ends with its prefix. */
const largeBytes = 4096
const newline = 10

type Message = Uint8Array | Lease

/**
 * Messages in, frames out: a Transform whose writable side is in object mode. Made by {@link createMessageEncoder}.
 *
 * ```
 *   small, small, small ──► ┌ prefix, message, prefix, message, prefix, message ┐ one chunk per turn of the loop, 16 KiB at the most
 *   large               ──► ┌ … prefix ┐ ┌ message ┐                              two chunks; the second is the message itself, not a copy
 * ```
 */
export class MessageEncoder extends Transform {
  readonly #framing: Framing
  readonly #maxBytes: number
  #offset = 0
  /** The block, and which of its bytes wait to be pushed. */
  #block: Buffer | undefined = undefined
  #from = 0
  #to = 0
  #willFlush = false
  /** Leases that were written and not yet encoded: the encoder's own. */
  readonly #queued = new Set<Lease>()

  /** @internal */
  constructor(framing: Framing, maxBytes: number, options: FramingStreamOptions) {
    super({ ...options, writableObjectMode: true, readableObjectMode: false })
    this.#framing = framing
    this.#maxBytes = maxBytes
  }

  /** As of Node's `write()`, of a message. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Node's types.
  override write(message: any, encoding?: any, callback?: any): boolean {
    return super.write(this.#own(message), encoding, callback)
  }

  /** As of Node's `end()`, with a last message where there is one. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Node's types.
  override end(message?: any, encoding?: any, callback?: any): this {
    return super.end(this.#own(message), encoding, callback)
  }

  /** @internal */
  override _transform(message: Message, _encoding: BufferEncoding, callback: TransformCallback): void {
    let error: Error | undefined
    if (message instanceof Uint8Array) error = this.#encode(message, false)
    else if (isLease(message)) {
      this.#queued.delete(message)
      error = message.released
        ? new PoolError(
            'ERR_POOL_LEASE_RELEASED',
            'a lease was released before it was written. Write it first, and leave it to the encoder then.'
          )
        : this.#encode(message.buffer, true)
      message[Symbol.dispose]()
    } else error = invalid('message', 'a Uint8Array or a lease; encode a string by Buffer.from(text)', message)
    // Without `autoDestroy` the stream stays as it is, and the turn of those behind never comes.
    if (error !== undefined) this.#releaseQueued()
    callback(error)
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    this.#pushBlock()
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A signal that aborted before destroys the stream while it is being made.
    if (#queued in this) this.#releaseQueued()
    callback(error)
  }

  #releaseQueued(): void {
    for (const lease of this.#queued) lease[Symbol.dispose]()
    this.#queued.clear()
  }

  /** The message to write in the place of `message`: a lease is taken over, so that its giver can't release it before its turn comes. */
  #own(message: unknown): unknown {
    // A released lease fails when its turn comes, as every other message that can't be encoded does.
    if (!isLease(message) || message.released) return message
    if (this.destroyed || this.errored !== null || this.writableEnded) {
      message[Symbol.dispose]()
      return message
    }
    const own = takeOver(message)
    this.#queued.add(own)
    return own
  }

  #encode(message: Uint8Array, isBorrowed: boolean): Error | undefined {
    const bytes = message.length
    const isLine = this.#framing === 'newline'
    if (bytes > this.#maxBytes) {
      return new MessageError(
        'ERR_POOL_MESSAGE_TOO_LARGE',
        `a message has ${bytes} bytes, and maxMessageBytes is ${this.#maxBytes}. Raise it here and where it is read, or split the message.`,
        this.#offset,
        bytes
      )
    }
    if (isLine && message.includes(newline)) {
      return new MessageError(
        'ERR_POOL_MESSAGE_MALFORMED',
        `a message of ${bytes} bytes holds a newline, which ends a message. Escape it, or frame by u32be or varint.`,
        this.#offset,
        bytes
      )
    }
    if (isBorrowed || bytes < largeBytes) this.#append(message, bytes, isLine)
    else {
      this.#writePrefix(bytes)
      this.#pushBlock()
      this.push(message)
      if (isLine) this.#writeByte(newline)
    }
    this.#offset += prefixBytesOf(this.#framing, bytes) + bytes + (isLine ? 1 : 0)
    this.#flushSoon()
    return undefined
  }

  /** Copies a frame into the block; one that fits no block goes out in memory of its own. */
  #append(message: Uint8Array, bytes: number, isLine: boolean): void {
    this.#writePrefix(bytes)
    if (bytes >= largeBytes) {
      this.#pushBlock()
      this.push(Buffer.from(message))
    } else {
      this.#room(bytes).set(message, this.#to)
      this.#to += bytes
    }
    if (isLine) this.#writeByte(newline)
  }

  #writePrefix(bytes: number): void {
    const prefixBytes = prefixBytesOf(this.#framing, bytes)
    writePrefix(this.#framing, bytes, this.#room(prefixBytes), this.#to)
    this.#to += prefixBytes
  }

  #writeByte(byte: number): void {
    this.#to = this.#room(1).writeUInt8(byte, this.#to)
  }

  /** The block, if it has room for `bytes` more; else a new one. The pushed part of the old block stays as it is. */
  #room(bytes: number): Buffer {
    if (this.#block !== undefined && this.#to + bytes <= blockBytes) return this.#block
    this.#pushBlock()
    this.#from = 0
    this.#to = 0
    this.#block = Buffer.allocUnsafeSlow(blockBytes)
    return this.#block
  }

  #pushBlock(): void {
    if (this.#block === undefined || this.#from === this.#to) return
    const chunk = this.#block.subarray(this.#from, this.#to)
    this.#from = this.#to
    this.push(chunk)
  }

  /** Pushes the frames of one turn together, at the end of the turn. */
  #flushSoon(): void {
    if (this.#willFlush) return
    this.#willFlush = true
    process.nextTick(() => {
      this.#willFlush = false
      if (!this.destroyed && !this.readableEnded) this.#pushBlock()
    })
  }
}

function isLease(value: unknown): value is Lease {
  return can(value, 'retain') && can(value, 'release') && 'buffer' in (value as object)
}

/**
 * Makes a stream that frames messages: `Uint8Array`s, and leases such as a decoder gives. A written message belongs to the encoder. The bytes
 * of a `Uint8Array` must not change any more, for large ones go out as they are. A lease counts as released for the caller; it is copied and
 * given back when its turn comes, or when the stream is destroyed. Strings are refused: the code that encodes them knows their length in bytes.
 *
 * A message that is too long, or holds a newline where that ends messages, ends the stream with a {@link MessageError} before a byte of it
 * went out.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 * @example
 * ```ts
 * await pipeline(messages, createMessageEncoder({ framing: 'varint' }), socket)
 * ```
 */
export function createMessageEncoder(options: MessageEncoderOptions = {}): MessageEncoder {
  validOptions('options', options, ['framing', 'maxMessageBytes', ...streamOptionNames])
  const { framing, maxMessageBytes } = framingSettings(options)
  return new MessageEncoder(framing, maxMessageBytes, streamOptions(options))
}
