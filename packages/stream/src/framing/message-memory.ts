import type { BufferSource, Lease, NonSharedBuffer, WaitOptions } from '@pool/core'
import { PooledMessage } from './pooled-message.js'

/** The fewest bytes leased for a message, unless it is shorter. */
const firstBytes = 128
/** The most bytes that may be leased, as a multiple of those that have come. */
const growth = 4

/**
 * Memory for a message that comes in pieces. It is leased as bytes come, not as the peer claims. Its size is the message's length divided by
 * a power of four: the least that holds the bytes so far, and so less than four times these. The bytes moved while it grows add up to a
 * third of the message.
 *
 * ```
 *   came   ▓▓            lease  ░░░░                       a sixteenth of the message
 *   came   ▓▓▓▓▓▓▓       lease  ░░░░░░░░░░░░░░░░           a quarter of it; the sixteenth was moved
 *   came   ▓▓▓ … ▓▓▓     lease  ░░░ … ░░░                  exactly the message; the quarter was moved
 * ```
 */
export class MessageMemory {
  readonly #pool: BufferSource<NonSharedBuffer>
  #lease: Lease<NonSharedBuffer> | undefined = undefined
  #buffer: NonSharedBuffer | undefined = undefined
  /** Bytes that the last lease was to have; {@link MessageMemory.wait} waits for as many. */
  #wantedBytes = 0
  #granted: Lease<NonSharedBuffer> | undefined = undefined
  /** Bytes that came. */
  length = 0

  /** No memory yet. */
  constructor(pool: BufferSource<NonSharedBuffer>) {
    this.#pool = pool
  }

  /** The bytes that came, while the memory is not given away. */
  get bytes(): NonSharedBuffer {
    return this.#buffer === undefined ? Buffer.alloc(0) : this.#buffer.subarray(0, this.length)
  }

  /**
   * Copies `chunk[from, to)` behind the bytes so far. `mostBytes`: the most that the message may grow to; its length, where that is known.
   * @throws as the pool's `lease`; nothing has changed then
   */
  append(chunk: Uint8Array, from: number, to: number, mostBytes: number): void {
    const needed = this.length + to - from
    let buffer = this.#buffer
    if (buffer === undefined || needed > buffer.length) buffer = this.#grow(needed, mostBytes)
    buffer.set(chunk.subarray(from, to), this.length)
    this.length = needed
  }

  /** Hands over the bytes that came, as a message; this memory is empty then. */
  take(): PooledMessage {
    const buffer = this.#buffer
    const message =
      buffer === undefined
        ? new PooledMessage(Buffer.alloc(0), undefined)
        : new PooledMessage(this.length === buffer.length ? buffer : buffer.subarray(0, this.length), this.#lease)
    this.#lease = undefined
    this.#buffer = undefined
    this.length = 0
    return message
  }

  /** Waits for the lease that the pool refused; the next append gets it. */
  async wait(options: WaitOptions): Promise<void> {
    const lease = await this.#pool.leaseAsync(this.#wantedBytes, options)
    this.#granted?.release()
    this.#granted = lease
  }

  /** Gives everything back. */
  release(): void {
    this.#lease?.release()
    this.#granted?.release()
    this.#lease = undefined
    this.#granted = undefined
    this.#buffer = undefined
    this.length = 0
  }

  #grow(needed: number, mostBytes: number): NonSharedBuffer {
    const old = this.#lease
    let bytes = mostBytes
    for (let less = Math.ceil(bytes / growth); less >= needed && less >= firstBytes; less = Math.ceil(bytes / growth)) bytes = less
    const lease = this.#leaseOf(bytes)
    const buffer = lease.buffer
    if (old !== undefined) {
      buffer.set(this.bytes)
      old.release()
    }
    this.#lease = lease
    this.#buffer = buffer
    return buffer
  }

  #leaseOf(bytes: number): Lease<NonSharedBuffer> {
    const granted = this.#granted
    if (granted !== undefined) {
      this.#granted = undefined
      if (granted.buffer.length === bytes) return granted
      granted.release()
    }
    this.#wantedBytes = bytes
    return this.#pool.lease(bytes)
  }
}
