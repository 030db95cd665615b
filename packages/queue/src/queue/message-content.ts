import type { BufferSource, Lease, WaitOptions } from '@pool/core'
import { can, invalid } from '@pool/core/kit'
import { copiedBytes } from '../resp/command-encoder.js'
import type { Message } from './message-queue.js'
import { messageTooLarge } from './queue-errors.js'

/**
 * A message that a queue has taken over, until the add has ended: few bytes as they came, else a lease.
 */
export class MessageContent {
  readonly #content: Message
  readonly #lease: Lease<Buffer> | undefined
  #copy: Lease<Buffer> | undefined = undefined
  /** How many. */
  readonly bytes: number

  /**
   * Takes a lease over: its caller has none from here on.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`
   */
  constructor(message: Message) {
    if (typeof message === 'string' || message instanceof Uint8Array) {
      this.bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length
      this.#content = message
      return
    }
    const isLease = can(message, 'retain') && can(message, 'release') && message.buffer instanceof Uint8Array
    if (!isLease) throw invalid('message', 'bytes, a string, or a lease of bytes', message)
    this.bytes = message.buffer.length
    this.#lease = message.retain()
    message.release()
    this.#content = this.#lease
  }

  /**
   * What is to be sent. Bytes beyond 1 KiB are copied into pooled memory: the connection may still read them when the caller has given up,
   * and changes them.
   * @throws `ERR_POOL_TOO_LARGE`; (rejects) as the pool
   */
  async prepared(pool: BufferSource<Buffer>, name: string, maxBytes: number, wait: WaitOptions): Promise<Message> {
    if (this.bytes > maxBytes) throw messageTooLarge(name, this.bytes, maxBytes)
    const content = this.#content
    if (this.bytes <= copiedBytes || this.#lease !== undefined) return content
    const copy = await pool.leaseAsync(this.bytes, wait)
    this.#copy = copy
    if (typeof content === 'string') copy.buffer.write(content, 'utf8')
    else copy.buffer.set(content as Uint8Array)
    return copy
  }

  /** Gives the memory up; the client keeps what it still sends. */
  release(): void {
    this.#lease?.[Symbol.dispose]()
    this.#copy?.[Symbol.dispose]()
  }
}
