import type { Lease } from '@pool/core'
import { BodyLease } from './body-lease.js'
import type { Collecting } from './collecting.js'

/** The first segment of a body whose length nobody told. */
const firstSegmentBytes = 4096
/** The most chunks of a body that are kept: a client that sends byte by byte must not cost an object for each. */
const maxChunks = 32

/**
 * The leased memory that one body is read into.
 *
 * A body of known length gets one lease of exactly that, before it is read, or once its chunks have all come. One of unknown length gets segments, each as long as all before it
 * together, and is copied into one lease at the end: no byte is copied more than twice, and what is held while reading never exceeds
 * the limit.
 *
 * ```
 *   known     ┌──────────── length ────────────┐
 *   unknown   ┌ 4 KiB ┐┌ 4 KiB ┐┌─── 8 KiB ───┐┌───── 16 KiB, or up to the limit ─────┐
 *   whole     ┌──────────────────── received ──────────────────┐
 * ```
 */
export class BodyMemory {
  readonly #limit: number
  readonly #length: number | null
  #lease: Lease<Buffer> | undefined = undefined
  #segment: Buffer | undefined = undefined
  #room = 0
  #full: Lease<Buffer>[] | undefined = undefined
  #heldBytes = 0
  #chunks: Buffer[] | undefined = undefined
  #collecting: Collecting | undefined = undefined
  /** Bytes that came so far, those that found no room among them. */
  received = 0

  /** Memory for a body of `length` bytes, `null` where nobody knows, and of `limit` at most. */
  constructor(limit: number, length: number | null) {
    this.#limit = limit
    this.#length = length
  }

  /** Keeps the chunks of this body of known length until {@link BodyMemory.add}; false when there is no room to. */
  collect(collecting: Collecting): boolean {
    if (!collecting.admit(this.#length!)) return false
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
    const chunks = this.#chunks
    if (chunks !== undefined) {
      if (chunks.length === maxChunks || this.received + bytes > this.#length!) return false
      chunks.push(chunk)
      this.received += bytes
      return true
    }
    const room = this.#room
    const segment = this.#segment
    if (bytes > room || segment === undefined) return false
    segment.set(chunk, segment.length - room)
    this.#room = room - bytes
    this.received += bytes
    return true
  }

  /**
   * Copies of a chunk what fits.
   * @returns the bytes that must be leased before the rest can follow; 0 when there is no rest to store
   */
  fill(chunk: Buffer): number {
    if (this.#chunks !== undefined) return this.#length!
    const fits = Math.min(this.#room, chunk.length)
    if (fits > 0) this.write(chunk.subarray(0, fits))
    const rest = chunk.length - fits
    if (rest === 0) return 0
    if (this.#length !== null) {
      // More than the header gave: counted, so that the end can tell, and not stored.
      this.received += rest
      return 0
    }
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(rest, this.#heldBytes, firstSegmentBytes)))
    return Math.min(wanted, this.#limit - this.#heldBytes)
  }

  /** Takes a lease over, to write to from now on; chunks that were kept are copied in. */
  add(lease: Lease<Buffer>): void {
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
  gatherInto(whole: Lease<Buffer>): void {
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

  /** Hands the body over, as a lease of exactly what was received; this memory then holds nothing. */
  take(): Lease<Buffer> {
    const lease = this.#lease
    const isExact = lease !== undefined && this.#room === 0
    this.#lease = undefined
    return isExact ? lease : new BodyLease(lease, this.received)
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
    this.#collecting!.leave(this.#length!)
  }
}
