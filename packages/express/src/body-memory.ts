import type { Lease, NonSharedBuffer } from '@pool/core'
import { type ByteRoom, partOfLease, plainLease } from '@pool/core/kit/universal'

/** The first segment of a body of unknown length that is copied as it comes. */
const firstSegmentBytes = 4096
/** The most chunks of a body that are kept: a client that sends byte by byte must not cost an object for each. */
const maxChunks = 32
/** The most that Node reads from a socket at a time: a body no longer than this seldom comes in more than one chunk. */
const readBytes = 65_536

/**
 * The memory that one body is read into.
 *
 * A body of known length gets one lease of exactly that, before it is read, or once its chunks have all come. One of unknown length is
 * collected in its chunks and gets its lease once they have all come. Where there is no room for its chunks it gets segments, each as long
 * as all before it together, and is copied into one lease at the end. No byte is copied more than twice, and the memory held while reading
 * never exceeds the limit.
 *
 * ```
 *   known      ┌──────────── length ────────────┐
 *   collected  ┌ chunk ┐┌ chunk ┐┌── chunk ──┐        ──►  one lease
 *   segments   ┌ 4 KiB ┐┌ 4 KiB ┐┌─── 8 KiB ───┐┌───── 16 KiB, or up to the limit ─────┐
 *   whole      ┌──────────────────── received ──────────────────┐
 * ```
 */
export class BodyMemory {
  readonly #limit: number
  readonly #length: number | null
  #lease: Lease<NonSharedBuffer> | undefined = undefined
  #segment: NonSharedBuffer | undefined = undefined
  #room = 0
  #full: Lease<NonSharedBuffer>[] | undefined = undefined
  #heldBytes = 0
  #chunks: Buffer[] | undefined = undefined
  #collecting: ByteRoom | undefined = undefined
  #collectedBytes = 0
  /** Bytes that came so far, those that found no room among them. */
  received = 0

  /** Memory for a body of `length` bytes, `null` where it is not known, and of `limit` at most. */
  constructor(limit: number, length: number | null) {
    this.#limit = limit
    this.#length = length
  }

  /** Keeps the chunks of this body until {@link BodyMemory.add}; false when there is no room for them, or it would not pay. */
  collect(collecting: ByteRoom): boolean {
    const length = this.#length
    if (length !== null) {
      if (length <= readBytes || !collecting.take(length)) return false
      this.#collectedBytes = length
    }
    this.#collecting = collecting
    this.#chunks = []
    return true
  }

  /** Whether the bytes lie in chunks, which a lease of the whole length is wanted for. */
  get isCollected(): boolean {
    return this.#chunks !== undefined
  }

  /** Copies a chunk in if it fits, or keeps it; false, and nothing done, when it can't. */
  write(chunk: Buffer): boolean {
    const bytes = chunk.length
    if (this.#chunks !== undefined) return this.#keep(this.#chunks, chunk)
    const room = this.#room
    const segment = this.#segment
    if (bytes > room || segment === undefined) return false
    segment.set(chunk, segment.length - room)
    this.#room = room - bytes
    this.received += bytes
    return true
  }

  #keep(chunks: Buffer[], chunk: Buffer): boolean {
    const received = this.received + chunk.length
    if (chunks.length === maxChunks) return false
    if (this.#length === null) {
      // A chunk keeps alive all of the memory that it is a part of.
      const pinned = chunk.buffer.byteLength
      if (!this.#collecting!.take(pinned)) return false
      this.#collectedBytes += pinned
    } else if (received > this.#length) return false
    chunks.push(chunk)
    this.received = received
    return true
  }

  /**
   * Copies as many bytes of a chunk as fit.
   * @returns the bytes that must be leased before the rest can follow; 0 when there is no rest to store
   */
  fill(chunk: Buffer): number {
    if (this.#chunks !== undefined) return this.#length ?? this.#segmentFor(this.received + chunk.length)
    const fits = Math.min(this.#room, chunk.length)
    if (fits > 0) this.write(chunk.subarray(0, fits))
    const rest = chunk.length - fits
    if (rest === 0) return 0
    if (this.#length === null) return this.#segmentFor(rest)
    // Bytes beyond the length in the header are not stored. They are counted, so that the end finds them.
    this.received += rest
    return 0
  }

  #segmentFor(bytes: number): number {
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(bytes, this.#heldBytes, firstSegmentBytes)))
    return Math.min(wanted, this.#limit - this.#heldBytes)
  }

  /** Takes a lease over, to write to from now on; chunks that were kept are copied in. */
  add(lease: Lease<NonSharedBuffer>): void {
    if (this.#lease !== undefined) {
      this.#full ??= []
      this.#full.push(this.#lease)
    }
    this.#lease = lease
    this.#segment = lease.buffer
    this.#room = this.#segment.length
    this.#heldBytes += this.#room
    const chunks = this.#chunks
    if (chunks === undefined) return
    this.#leaveChunks()
    this.received = 0
    for (const chunk of chunks) this.write(chunk)
  }

  /** Whether the bytes lie in several segments. */
  get isScattered(): boolean {
    return this.#full !== undefined
  }

  /** Copies the segments into `whole`, a lease of exactly `received` bytes, and releases them. */
  gatherInto(whole: Lease<NonSharedBuffer>): void {
    const target = whole.buffer
    let offset = 0
    for (const lease of this.#full ?? []) {
      target.set(lease.buffer, offset)
      offset += lease.buffer.length
    }
    target.set(this.#segment!.subarray(0, this.received - offset), offset)
    this.release()
    this.add(whole)
    this.#room = 0
  }

  /** Hands the body over, as a lease of exactly the bytes received; this memory then holds nothing. */
  take(): Lease<NonSharedBuffer> {
    const lease = this.#lease
    this.#lease = undefined
    this.release()
    return lease === undefined ? plainLease(Buffer.alloc(0)) : partOfLease(lease, 0, this.received)
  }

  /** Gives all of it back. */
  release(): void {
    this.#lease?.release()
    for (const lease of this.#full ?? []) lease.release()
    this.#lease = undefined
    this.#segment = undefined
    this.#full = undefined
    this.#room = 0
    this.#heldBytes = 0
    this.#leaveChunks()
  }

  #leaveChunks(): void {
    if (this.#chunks === undefined) return
    this.#chunks = undefined
    this.#collecting!.giveBack(this.#collectedBytes)
    this.#collectedBytes = 0
  }
}
