import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { type FragmentHeader, fragmentCount, sameMessage } from './fragment-header.js'

/** Segments grow up to this; longer pieces have one to themselves. */
const longestSegmentBytes = 65_536

/**
 * A message with missing pieces. Memory is taken for the bytes that arrived, never for those that a header claims. Until half of the message
 * is there, pieces are appended to segments in the order in which they come, each segment as long as all before it together. With the
 * second half begins the message's own memory: the pieces in the segments are copied there, and all later pieces go there at once.
 *
 * ```
 *   first half    segments  [ 7 ] [ 2 ] [ 9 | 0 ] [ 4 | 3 | – | – ]        pieces: 7 → its view, 2 → its view, …
 *   second half   message   [ 0 | – | 2 | 3 | 4 | – | – | 7 | – | 9 … ]    arrived: 1 0 1 1 1 0 0 1 0 1 …
 * ```
 *
 * So no byte is copied more than twice, and the memory taken is at most twice the bytes that arrived, except for the moment of moving.
 */
export class PartialMessage {
  /** The header of the first fragment; its `index` has no meaning here. */
  readonly header: FragmentHeader
  /** The sender of the message. */
  readonly source: unknown
  /** When its first fragment came, in ms of the process's clock. */
  readonly at: number
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #fragmentCount: number
  #segments: Lease<NonSharedBuffer>[] = []
  /** Bytes free at the end of the last segment. */
  #room = 0
  #pieces = new Map<number, NonSharedBuffer>()
  #whole: Lease<NonSharedBuffer> | undefined
  #arrived = new Uint8Array(0)
  #heldBytes = 0
  #receivedBytes = 0
  #receivedFragments = 0

  /** A message of which nothing is there. */
  constructor(header: FragmentHeader, source: unknown, at: number, pool: BufferSource<NonSharedBuffer>) {
    this.header = header
    this.source = source
    this.at = at
    this.#pool = pool
    this.#fragmentCount = fragmentCount(header)
  }

  /** Bytes asked of the pool. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Bytes of the message that arrived. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Fragments that arrived. */
  get receivedFragments(): number {
    return this.#receivedFragments
  }

  /** Whether nothing is missing. */
  get complete(): boolean {
    return this.#receivedFragments === this.#fragmentCount
  }

  /** Whether `header` says the same of the message as the first one did. */
  agrees(header: FragmentHeader): boolean {
    return sameMessage(this.header, header)
  }

  /** The piece of that index, if it arrived. */
  piece(index: number): NonSharedBuffer | undefined {
    if (this.#whole === undefined) return this.#pieces.get(index)
    if (this.#arrived[index] === 0) return undefined
    const start = index * this.header.pieceBytes
    return this.#whole.buffer.subarray(start, start + this.header.pieceBytes)
  }

  /** Bytes that {@link store} of a piece as long as this will leave held; 0 when that completes the message, which is then handed on. */
  heldBytesWith(bytes: number): number {
    if (this.#receivedFragments + 1 === this.#fragmentCount) return 0
    if (this.#whole !== undefined || this.#reachesHalf(bytes)) return this.header.totalBytes
    return bytes <= this.#room ? this.#heldBytes : this.#heldBytes + this.#segmentBytes(bytes)
  }

  /**
   * Copies a piece that is missing.
   * @throws any error of the pool's `lease`; nothing has changed then
   */
  store(index: number, piece: Uint8Array): void {
    if (this.#whole === undefined && this.#reachesHalf(piece.length)) this.#becomeWhole()
    if (this.#whole === undefined) this.#append(index, piece)
    else {
      this.#whole.buffer.set(piece, index * this.header.pieceBytes)
      this.#arrived[index] = 1
    }
    this.#receivedBytes += piece.length
    this.#receivedFragments++
  }

  /** The memory of the complete message, which is the caller's from now on. */
  take(): Lease<NonSharedBuffer> {
    // A complete message has more than its half, and so memory of its own.
    const whole = this.#whole as Lease<NonSharedBuffer>
    this.#whole = undefined
    return whole
  }

  /** Gives all memory back. */
  release(): void {
    for (const segment of this.#segments) segment.release()
    this.#segments = []
    this.#pieces.clear()
    this.#whole?.release()
    this.#whole = undefined
  }

  #reachesHalf(bytes: number): boolean {
    return (this.#receivedBytes + bytes) * 2 >= this.header.totalBytes
  }

  #becomeWhole(): void {
    const { totalBytes, pieceBytes } = this.header
    const whole = this.#pool.lease(totalBytes)
    this.#arrived = new Uint8Array(this.#fragmentCount)
    for (const [index, piece] of this.#pieces) {
      whole.buffer.set(piece, index * pieceBytes)
      this.#arrived[index] = 1
    }
    this.release()
    this.#whole = whole
    this.#heldBytes = totalBytes
  }

  #append(index: number, piece: Uint8Array): void {
    if (piece.length > this.#room) {
      const segment = this.#pool.lease(this.#segmentBytes(piece.length))
      this.#segments.push(segment)
      this.#room = segment.buffer.length
      this.#heldBytes += this.#room
    }
    const { buffer } = this.#segments.at(-1) as Lease<NonSharedBuffer>
    const start = buffer.length - this.#room
    const own = buffer.subarray(start, start + piece.length)
    own.set(piece)
    this.#pieces.set(index, own)
    this.#room -= piece.length
  }

  /** Whole pieces, so that none is left over at the end. */
  #segmentBytes(bytes: number): number {
    const { pieceBytes } = this.header
    const growth = Math.min(this.#receivedBytes, longestSegmentBytes)
    return Math.max(bytes, growth - (growth % pieceBytes))
  }
}
