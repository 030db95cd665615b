import { type BufferSource, type Lease, type LeaseList, PoolError, type WaitOptions } from '@pool/core'
import { can, invalid, type NonSharedBuffer } from '@pool/core/kit'
import { copiedBytes } from '../resp/command-encoder.js'
import type { Message } from './message-queue.js'
import { messageTooLarge } from './queue-errors.js'

/** A message as it is sent: few bytes as they came, else the lease that they lie in, or the leases of a list in their order. */
export type PreparedMessage = Uint8Array | string | Lease<NonSharedBuffer> | readonly Lease<NonSharedBuffer>[]

/**
 * A message that a queue or store has taken over, until the call has ended: few bytes as they came, else leases.
 */
export class MessageContent {
  /** The bytes or the text that the caller still has; undefined where it gave leases. */
  readonly #given: Uint8Array | string | undefined
  readonly #leases: Lease<NonSharedBuffer>[]
  /** The number of bytes. */
  readonly bytes: number

  /**
   * Takes leases over: the caller has none from here on, and a list is empty.
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`
   */
  constructor(message: Message) {
    if (typeof message === 'string' || message instanceof Uint8Array) {
      this.bytes = typeof message === 'string' ? Buffer.byteLength(message) : bytesOfView(message)
      this.#given = message
      this.#leases = []
    } else {
      this.#leases = takenOver(message)
      this.bytes = this.#leases.reduce((sum, { buffer }) => sum + buffer.length, 0)
    }
  }

  /**
   * Checks its size.
   * @param name - of the queue or store, for the error
   * @throws `ERR_POOL_TOO_LARGE`
   */
  refuseBeyond(maxBytes: number, name: string): void {
    if (this.bytes > maxBytes) throw messageTooLarge(name, this.bytes, maxBytes)
  }

  /** The message in the form in which it is sent; `undefined` where it has to be copied first. */
  get ready(): PreparedMessage | undefined {
    if (this.#leases.length === 1) return this.#leases[0]
    if (this.#given === undefined) return this.#leases
    return this.bytes <= copiedBytes ? this.#given : undefined
  }

  /**
   * The message in the form in which it is sent. More than 4 KiB is copied into pooled memory: the connection may still read the bytes when the
   * caller has given up, and changes them.
   * @throws (rejects) as the pool
   */
  async prepared(pool: BufferSource<NonSharedBuffer>, wait: WaitOptions): Promise<PreparedMessage> {
    return this.ready ?? this.#joined(pool, wait)
  }

  /**
   * The same in one piece: the leases of a list are copied together.
   * @throws (rejects) as the pool
   */
  async inOnePiece(pool: BufferSource<NonSharedBuffer>, wait: WaitOptions): Promise<Uint8Array | string | Lease<NonSharedBuffer>> {
    const message = await this.prepared(pool, wait)
    if (!Array.isArray(message)) return message as Uint8Array | string | Lease<NonSharedBuffer>
    return this.bytes === 0 ? Buffer.alloc(0) : this.#joined(pool, wait)
  }

  /** Gives the memory up; the client keeps its own leases of the bytes that it still sends. */
  release(): void {
    for (const lease of this.#leases.splice(0)) lease[Symbol.dispose]()
  }

  async #joined(pool: BufferSource<NonSharedBuffer>, wait: WaitOptions): Promise<Lease<NonSharedBuffer>> {
    const copy = await pool.leaseAsync(this.bytes, wait)
    const given = this.#given
    if (typeof given === 'string') copy.buffer.write(given, 'utf8')
    else if (given !== undefined) copy.buffer.set(given)
    let at = 0
    for (const { buffer } of this.#leases) {
      copy.buffer.set(buffer, at)
      at += buffer.length
    }
    this.release()
    this.#leases.push(copy)
    return copy
  }
}

/** @throws `ERR_POOL_INVALID_OPTION` where the memory was transferred, so that the message is not empty but gone */
function bytesOfView(message: Uint8Array): number {
  if (message.length > 0) return message.length
  try {
    new Uint8Array(message.buffer)
  } catch {
    throw new PoolError('ERR_POOL_INVALID_OPTION', 'the message lies in memory that was transferred to another thread. Add it first.')
  }
  return 0
}

function takenOver(message: Lease<Buffer> | LeaseList<Lease<Buffer>>): Lease<NonSharedBuffer>[] {
  if (can(message, 'takeLeases')) {
    const leases: unknown = (message as LeaseList<Lease<Buffer>>).takeLeases()
    if (!Array.isArray(leases)) throw invalid('what takeLeases() of the message gives', 'an array of leases', leases)
    return leases as Lease<NonSharedBuffer>[]
  }
  const lease = message as Lease<NonSharedBuffer>
  const isLease = can(lease, 'retain') && can(lease, 'release') && lease.buffer instanceof Uint8Array
  if (!isLease) throw invalid('message', 'bytes, a string, a lease of bytes, or a list of leases', message)
  const own = lease.retain()
  lease.release()
  return [own]
}
