import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { leaseAtHand } from './lease-at-hand.js'
import { Segment } from './segment.js'

/**
 * The bytes that arrived and were not read yet, in order.
 *
 * ```
 *   first                          last
 *   [ read │ ▓▓▓▓▓ ] [ ▓▓▓▓▓▓▓▓ ] [ ▓▓▓ │ room ] ◄── the next bytes
 *            └────────── length ──────┘
 * ```
 */
export class ReadAhead {
  readonly #pool: BufferSource<NonSharedBuffer>
  #segments: Segment[] = []
  #head = 0
  /** Bytes that were not read yet. */
  length = 0

  /** No bytes. */
  constructor(pool: BufferSource<NonSharedBuffer>) {
    this.#pool = pool
  }

  /** The segment that the next bytes belong into. */
  get last(): Segment | undefined {
    return this.#segments[this.#segments.length - 1]
  }

  /** The segment that the next read begins in. */
  get first(): Segment | undefined {
    return this.#segments[this.#head]
  }

  /** The leases that the bytes lie in, and the bytes of these; counted on each call. */
  get leased(): { readonly leases: number; readonly bytes: number } {
    let leases = 0
    let bytes = 0
    for (let index = this.#head; index < this.#segments.length; index++) {
      const { isLeased, capacity } = this.#segments[index] as Segment
      if (!isLeased) continue
      leases++
      bytes += capacity
    }
    return { leases, bytes }
  }

  /** Whether the next `bytes` lie in one segment, or have room there. */
  fitsLast(bytes: number): boolean {
    const { first } = this
    return first !== undefined && first === this.last && first.start + bytes <= first.capacity
  }

  /** Puts a segment behind the last; takes over the caller's reference. */
  push(segment: Segment): void {
    this.#segments.push(segment)
    this.length += segment.length
  }

  /** Counts `bytes` that arrived in the last segment. */
  extend(bytes: number): void {
    const last = this.last as Segment
    last.end += bytes
    this.length += bytes
  }

  /**
   * Copies `bytes[0, count)` behind the bytes that are there.
   * @param capacity - bytes of the segment that is taken for those that the last one has no room for
   * @returns false when the pool is exhausted, and the bytes went into memory of their own
   */
  append(bytes: Buffer, count: number, capacity: number): boolean {
    const last = this.last
    const fitting = last === undefined ? 0 : Math.min(last.room, count)
    if (last !== undefined && fitting > 0) {
      bytes.copy(last.bytes, last.end, 0, fitting)
      this.extend(fitting)
    }
    if (fitting === count) return true
    const rest = count - fitting
    const lease = leaseAtHand(this.#pool, Math.max(capacity, rest))
    const segment = new Segment(lease?.buffer ?? Buffer.allocUnsafeSlow(rest), lease)
    bytes.copy(segment.bytes, 0, fitting, count)
    segment.end = rest
    this.push(segment)
    return lease !== undefined
  }

  /** Moves all bytes into `segment`, which has room for them, and takes the caller's reference over. */
  gather(segment: Segment): void {
    this.copyTo(segment.bytes, 0, this.length)
    segment.end = this.length
    this.clear()
    this.push(segment)
  }

  /** Copies the first `bytes` into `target`. */
  copyTo(target: NonSharedBuffer, at: number, bytes: number): void {
    for (let index = this.#head, left = bytes; left > 0; index++) {
      const segment = this.#segments[index] as Segment
      const count = Math.min(left, segment.length)
      segment.bytes.copy(target, at + bytes - left, segment.start, segment.start + count)
      left -= count
    }
  }

  /**
   * Consumes the first `bytes`, 1..length, as a lease: cut out of their segment, or copied where they lie in several.
   * @throws as the pool's `lease`; nothing is consumed then
   */
  take(bytes: number): Lease<NonSharedBuffer> {
    const first = this.#segments[this.#head] as Segment
    const there = first.length
    if (bytes < there) {
      this.length -= bytes
      return first.cut(bytes)
    }
    if (bytes === there) {
      this.length -= bytes
      this.#shift()
      return first.handOver()
    }
    return this.takeInto(this.#pool.lease(bytes))
  }

  /** Consumes `prefixBytes`, and the `bytes` behind them as a lease; the first segment holds more than both. */
  takeBehind(prefixBytes: number, bytes: number): Lease<NonSharedBuffer> {
    const first = this.#segments[this.#head] as Segment
    first.start += prefixBytes
    this.length -= prefixBytes + bytes
    return first.cut(bytes)
  }

  /** Consumes as many bytes as `lease` has, which they are copied into. */
  takeInto(lease: Lease<NonSharedBuffer>): Lease<NonSharedBuffer> {
    const { buffer } = lease
    this.copyTo(buffer, 0, buffer.length)
    this.skip(buffer.length)
    return lease
  }

  /**
   * A view of the first `bytes`, 1..length. Where they lie in several segments they are moved together first.
   * @throws as the pool's `lease`; nothing has changed then
   */
  peek(bytes: number): NonSharedBuffer {
    const first = this.#segments[this.#head] as Segment
    if (bytes <= first.length) return first.view(first.start, bytes)
    const lease = this.#pool.lease(bytes)
    const segment = new Segment(lease.buffer, lease)
    this.copyTo(segment.bytes, 0, bytes)
    this.skip(bytes)
    segment.end = bytes
    if (this.#head > 0) this.#segments[--this.#head] = segment
    else this.#segments.unshift(segment)
    this.length += bytes
    return segment.view(0, bytes)
  }

  /** One byte, `at` 0..length-1. */
  byteAt(at: number): number {
    let index = this.#head
    let segment = this.#segments[index] as Segment
    let rest = at
    while (rest >= segment.length) {
      rest -= segment.length
      segment = this.#segments[++index] as Segment
    }
    return segment.bytes[segment.start + rest] as number
  }

  /** Consumes the first `bytes`, 0..length. */
  skip(bytes: number): void {
    let left = bytes
    this.length -= bytes
    while (left > 0) {
      const first = this.#segments[this.#head] as Segment
      const count = Math.min(left, first.length)
      first.start += count
      left -= count
      if (first.length > 0) return
      this.#shift()
      first.release()
    }
  }

  /** Where `delimiter` begins, looked for from `from` on; -1 where it is not among the bytes. */
  indexOf(delimiter: NonSharedBuffer, from: number): number {
    let before = 0
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index] as Segment
      const { length } = segment
      if (from < before + length) {
        const at = this.#indexIn(index, delimiter, Math.max(0, from - before))
        if (at >= 0) return before + at
      }
      before += length
    }
    return -1
  }

  /** Gives everything back. */
  clear(): void {
    const segments = this.#segments
    const head = this.#head
    this.#segments = []
    this.#head = 0
    this.length = 0
    for (let index = head; index < segments.length; index++) (segments[index] as Segment).release()
  }

  /** Where in one segment `delimiter` begins, even where it ends in a later one. */
  #indexIn(index: number, delimiter: NonSharedBuffer, from: number): number {
    const segment = this.#segments[index] as Segment
    const { length } = segment
    const at = segment.view(segment.start, length).indexOf(delimiter.length === 1 ? (delimiter[0] as number) : delimiter, from)
    if (at >= 0 || delimiter.length === 1 || index === this.#segments.length - 1) return at
    // Up to here nothing is found, so that it can begin in the last bytes only.
    for (let begin = Math.max(from, length - delimiter.length + 1); begin < length; begin++) {
      if (this.#matches(index, begin, delimiter)) return begin
    }
    return -1
  }

  #matches(index: number, begin: number, delimiter: NonSharedBuffer): boolean {
    let at = begin
    let current = index
    for (const byte of delimiter) {
      while (at >= (this.#segments[current] as Segment).length) {
        at -= (this.#segments[current] as Segment).length
        if (++current === this.#segments.length) return false
      }
      const segment = this.#segments[current] as Segment
      if (segment.bytes[segment.start + at] !== byte) return false
      at++
    }
    return true
  }

  #shift(): void {
    if (this.#segments.length - this.#head === 1) {
      this.#segments.length = 0
      this.#head = 0
      return
    }
    this.#segments[this.#head++] = undefined as unknown as Segment
    if (this.#head > 32) {
      this.#segments = this.#segments.slice(this.#head)
      this.#head = 0
    }
  }
}
