import type { BufferSource, Lease, WaitOptions } from '@pool/core'
import { PooledMessage } from './pooled-message.js'

/** The least that is leased for a message that needs more than one piece. */
const firstBytes = 256

/**
 * Memory for a message that comes in pieces. It is taken as bytes come, not as the peer claims: never more than four times what
 * has come, and the message's own length at the end. All that is moved while it grows adds up to less than the message.
 *
 * ```
 *   came   ▓▓            lease  ░░░░░░░░
 *   came   ▓▓▓▓▓▓▓▓▓     lease  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   the next power of two above twice what has come
 *   came   ▓▓▓ … ▓▓▓     lease  ░░░ … ░░░                          exactly the message
 * ```
 */
export class MessageMemory {
  readonly #pool: BufferSource<Buffer>
  #lease: Lease<Buffer> | undefined = undefined
  #buffer: Buffer | undefined = undefined
  /** Bytes that the last lease was to have; what {@link MessageMemory.wait} waits for. */
  #wantedBytes = 0
  #granted: Lease<Buffer> | undefined = undefined
  /** Bytes that came. */
  length = 0

  /** No memory yet. */
  constructor(pool: BufferSource<Buffer>) {
    this.#pool = pool
  }

  /** Bytes taken from the pool. */
  get capacity(): number {
    return this.#buffer === undefined ? 0 : this.#buffer.length
  }

  /** What came, while the memory is not given away. */
  get bytes(): Buffer {
    return this.#buffer === undefined ? Buffer.alloc(0) : this.#buffer.subarray(0, this.length)
  }

  /**
   * Copies `chunk[from, to)` behind what is there. `mostBytes`: what the message may grow to; its length, where that is known.
   * @throws as the pool's `lease`; nothing has changed then
   */
  append(chunk: Uint8Array, from: number, to: number, mostBytes: number): void {
    const needed = this.length + to - from
    let buffer = this.#buffer
    if (buffer === undefined || needed > buffer.length) buffer = this.#grow(needed, mostBytes)
    buffer.set(chunk.subarray(from, to), this.length)
    this.length = needed
  }

  /** Hands over what came, as a message; this memory is empty then. */
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

  #grow(needed: number, mostBytes: number): Buffer {
    const old = this.#lease
    const bytes = Math.min(mostBytes, Math.max(firstBytes, 2 ** Math.ceil(Math.log2(needed * 2))))
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

  #leaseOf(bytes: number): Lease<Buffer> {
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
