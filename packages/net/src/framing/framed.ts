import type { Lease, NonSharedBuffer, ReadOptions } from '@pool/core'
import * as check from '@pool/core/kit'
import { tooLarge } from '../connection-errors.js'
import { PooledConnection } from '../pooled-connection.js'
import type { LeaseConsumer } from '../reading/lease-loop.js'
import { bytesOf, contentOf } from '../writing/pending-write.js'
import { FrameFinder } from './frame-finder.js'

/** The options of {@link framed}. */
export interface FramedOptions {
  /** Where messages begin and end. Default `'u32be'`. */
  readonly framing?: check.Framing
  /** The longest message, in bytes, without its prefix or newline; at most the connection's `maxMessageBytes`, which is the default. */
  readonly maxMessageBytes?: number
}

/** Up to here a message is copied behind its prefix, which costs less than a second piece to send. */
const copiedBytes = 4096
const newline = Buffer.from('\n')

/**
 * A connection that carries messages. Each one that is read is a lease, to be released once: cut out of the bytes read ahead when it is short,
 * filled by the system when it is long.
 */
export class FramedConnection implements AsyncIterable<Lease<NonSharedBuffer>> {
  readonly #finder: FrameFinder
  readonly #framing: check.Framing
  readonly #maxMessageBytes: number
  /** The connection below, to be closed or destroyed. */
  readonly connection: PooledConnection

  /** @internal */
  constructor(connection: PooledConnection, framing: check.Framing, maxMessageBytes: number) {
    this.connection = connection
    this.#framing = framing
    this.#maxMessageBytes = maxMessageBytes
    this.#finder = new FrameFinder(PooledConnection.readerOf(connection), framing, maxMessageBytes)
  }

  /**
   * Reads the next message; `undefined` where the peer has ended. An empty message is a message.
   * @throws (rejects) `ERR_POOL_MESSAGE_TOO_LARGE`, `ERR_POOL_MESSAGE_MALFORMED`, and the connection can't go on;
   * `ERR_POOL_MESSAGE_TRUNCATED` when the peer ended within one; as the connection's `read`
   */
  read(options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return PooledConnection.readerOf(this.connection).perform(options, () => this.#finder.request())
  }

  /**
   * Reads the next message, or gives `undefined` when it is not all there.
   * @throws `ERR_POOL_MESSAGE_TOO_LARGE`, `ERR_POOL_MESSAGE_MALFORMED`; `ERR_POOL_EXHAUSTED` when there is no memory to put one together
   */
  tryRead(): Lease<NonSharedBuffer> | undefined {
    PooledConnection.readerOf(this.connection).checkFree()
    return this.#finder.next()
  }

  /**
   * Calls `consumer` with each message until the peer ends; as the connection's `consume`. The cheapest way to read many: no message costs a promise.
   * @throws (rejects) as `read`; the error that `consumer` threw
   */
  consume(consumer: LeaseConsumer, options?: Pick<ReadOptions, 'signal'>): Promise<void> {
    return PooledConnection.readerOf(this.connection).repeat(consumer, options, () => this.#finder.request())
  }

  /** Reads messages until the peer ends. Leaving the loop early leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Lease<NonSharedBuffer>, void, undefined> {
    for (;;) {
      const message = this.tryRead() ?? (await this.read())
      if (message === undefined) return
      yield message
    }
  }

  /**
   * Writes a message, and takes its lease over; as the connection's `write`.
   * @throws `ERR_POOL_MESSAGE_TOO_LARGE`; `ERR_POOL_INVALID_OPTION` when it holds a newline that would end it; as `write`
   */
  write(message: Uint8Array | Lease<Buffer>): Promise<void> {
    const frame = this.#frame(message)
    const written = this.connection.write(frame)
    releaseCopied(frame, message)
    return written
  }

  /** Writes a message where the bound leaves room; as the connection's `tryWrite`. */
  tryWrite(message: Uint8Array | Lease<Buffer>, callback?: (error?: unknown) => void): boolean {
    const frame = this.#frame(message)
    const isWritten = this.connection.tryWrite(frame, callback)
    if (isWritten) releaseCopied(frame, message)
    return isWritten
  }

  #frame(message: Uint8Array | Lease<Buffer>): Buffer | (Uint8Array | Lease<Buffer>)[] {
    const bytes = Array.isArray(message) ? 0 : bytesOf(message)
    if (Array.isArray(message)) throw check.invalid('message', 'bytes or a lease', message)
    if (bytes > this.#maxMessageBytes) throw tooLarge(bytes, this.#maxMessageBytes, 'maxMessageBytes')
    const content = contentOf(message)
    const framing = this.#framing
    if (framing === 'newline') {
      if (content.includes(10)) throw check.invalid('message', 'without a newline, which would end it', message)
      if (bytes > copiedBytes) return [message, newline]
      const line = Buffer.allocUnsafe(bytes + 1)
      line.set(content)
      line[bytes] = 10
      return line
    }
    const prefixBytes = check.prefixBytesOf(framing, bytes)
    const isCopied = bytes <= copiedBytes
    const frame = Buffer.allocUnsafe(isCopied ? prefixBytes + bytes : prefixBytes)
    check.writePrefix(framing, bytes, frame, 0)
    if (!isCopied) return [frame, message]
    frame.set(content, prefixBytes)
    return frame
  }
}

/**
 * Reads and writes messages on a connection. Several of one connection may read by turns: each reads on in a message that another has begun.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 */
export function framed(connection: PooledConnection, options: FramedOptions = {}): FramedConnection {
  if (!(connection instanceof PooledConnection)) throw check.invalid('connection', 'a PooledConnection', connection)
  check.validOptions('options', options, ['framing', 'maxMessageBytes'])
  const most = PooledConnection.readerOf(connection).maxMessageBytes
  const { framing = 'u32be', maxMessageBytes = most } = options
  check.validChoice('framing', framing, check.framings)
  check.validInteger('maxMessageBytes', maxMessageBytes, 1, most)
  return new FramedConnection(connection, framing, maxMessageBytes)
}

/** A lease that was copied is done with. */
function releaseCopied(frame: unknown, message: Uint8Array | Lease<Buffer>): void {
  if (!Array.isArray(frame) && !(message instanceof Uint8Array)) message.release()
}
