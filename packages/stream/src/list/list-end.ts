import { PoolError } from '@pool/core'
import { invalid, type NonSharedBuffer, validInteger } from '@pool/core/kit'
import { listClosed, listFull, listReserved } from './list-errors.js'
import { type ListTail, leaseTail, leastBytes } from './list-tail.js'
import type { PooledBufferListOptions } from './pooled-buffer-list-options.js'
import { type Segment, SegmentList } from './segment-list.js'

const encoder = new TextEncoder()
/** The longest code point in UTF-8, less one: as much may be left at the end of a segment of text. */
const textGap = 3
const none: readonly ListTail[] = []

/** The end of a list, where it grows: written bytes go into memory that is leased for them, which segments then share. */
export class ListEnd {
  readonly #segments: SegmentList
  readonly #settings: Required<PooledBufferListOptions>
  readonly #segmentBytes: number
  #tail: ListTail | undefined = undefined
  /** Whether nothing may be added: during a reservation, and while memory is leased, when listeners of the pool run. */
  #isTaken = false
  /** Bytes of the open reservation. */
  reservedBytes = 0
  /** Whether the list was closed. */
  isClosed = false

  /** The end of `segments`. */
  constructor(segments: SegmentList, settings: Required<PooledBufferListOptions>) {
    this.#segments = segments
    this.#settings = settings
    this.#segmentBytes = Math.min(settings.segmentBytes, settings.pool.maxBytes)
  }

  /** The memory that is not filled yet. */
  get memory(): NonSharedBuffer | undefined {
    return this.#tail?.buffer
  }

  /** Refuses bytes that can not be added now. */
  check(bytes: number): void {
    if (this.isClosed) throw listClosed()
    if (this.#isTaken) throw listReserved()
    const { length } = this.#segments
    const { maxBytes } = this.#settings
    if (length + bytes > maxBytes) throw listFull(bytes, length, maxBytes)
  }

  /** Copies the first `bytes` of `source`. */
  copyIn(source: Uint8Array | SegmentList, bytes: number): void {
    this.check(bytes)
    const room = Math.min(bytes, this.#tail?.free ?? 0)
    const tails = bytes > room ? this.#lease(bytes - room) : none
    if (room > 0) this.#fill(source, 0, room)
    let from = room
    for (const tail of tails) {
      this.#tail = tail
      const count = Math.min(tail.free, bytes - from)
      this.#fill(source, from, count)
      from += count
    }
  }

  /** Writes a string. */
  writeText(text: string, encoding: BufferEncoding): void {
    const segmentBytes = this.#segmentBytes
    if (validEncoding(encoding) !== 'utf8' || segmentBytes <= textGap) {
      const encoded = Buffer.from(text, encoding)
      this.copyIn(encoded, encoded.length)
      return
    }
    const spent = this.#tail
    // As many as it can have at the most, where they have room: counting them costs as much as writing them.
    let bytes = 3 * text.length
    if (bytes > (spent?.free ?? Math.min(leastBytes, segmentBytes)) || this.#segments.length + bytes > this.#settings.maxBytes)
      bytes = Buffer.byteLength(text)
    this.check(bytes)
    if (bytes === 0) return
    if (spent === undefined && bytes <= segmentBytes) this.#tail = this.#leaseOne(bytes, 0, segmentBytes)
    const tail = this.#tail
    if (tail !== undefined && bytes <= tail.free) {
      this.#extend(tail.buffer.write(text, tail.at))
      return
    }
    // Each segment may end a few bytes early, where no further character fits.
    const tails = this.#lease(bytes + textGap * Math.floor(bytes / (segmentBytes - textGap)))
    let from = 0
    for (const tail of tails) {
      this.#tail = tail
      const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), tail.buffer)
      from += read
      if (written > 0) this.#extend(written)
    }
    for (const tail of [spent, ...tails]) if (tail !== undefined && tail !== this.#tail && tail.free > 0) tail.release()
  }

  /** Memory for `bytes`, in one piece, until {@link ListEnd.commit}. */
  reserve(bytes: number): NonSharedBuffer {
    this.check(bytes)
    let tail = this.#tail
    let spent: ListTail | undefined
    if (tail === undefined || tail.free < bytes) {
      spent = tail
      // One piece, even where that is longer than segments are.
      tail = this.#leaseOne(bytes, 0, Math.max(bytes, this.#segmentBytes))
      this.#tail = tail
    }
    this.#isTaken = true
    this.reservedBytes = bytes
    const view = tail.buffer.subarray(tail.at, tail.at + bytes)
    spent?.release()
    return view
  }

  /** Makes the first `bytes` of the reservation part of the list. */
  commit(bytes: number): void {
    if (this.isClosed) throw listClosed()
    if (this.reservedBytes === 0) {
      throw new PoolError('ERR_POOL_INVALID_OPTION', 'commit() ends a reservation, and none is open. Call reserve() first.')
    }
    validInteger('bytes', bytes, 0, this.reservedBytes)
    this.reservedBytes = 0
    this.#isTaken = false
    if (bytes > 0) this.#extend(bytes)
    this.settle()
  }

  /** Gives back the memory of segments that were dropped. */
  giveBack(dropped: readonly Segment[]): void {
    // Before any release, at which listeners of the pool may call the list.
    const kept = this.#tail?.takeBack(dropped)
    for (const segment of dropped) if (segment !== kept) segment.release()
    this.settle()
  }

  /** All segments left with their leases. */
  letGo(): void {
    const tail = this.#tail
    if (this.#isTaken) {
      // Bytes are to come into the reserved memory.
      tail?.keepOwn()
      return
    }
    this.#tail = undefined
    tail?.release()
  }

  /** Gives back memory that is not filled where the list is empty: an empty list holds none. */
  settle(): void {
    const tail = this.#tail
    if (tail === undefined || this.#segments.length > 0 || this.#isTaken) return
    this.#tail = undefined
    tail.release()
  }

  /** Gives the memory back; that of an open reservation is withdrawn, since a read may be under way into it. */
  close(): void {
    const tail = this.#tail
    const isReserved = this.reservedBytes > 0
    this.isClosed = true
    this.#tail = undefined
    this.reservedBytes = 0
    if (isReserved) tail?.withdraw()
    else tail?.release()
  }

  #fill(source: Uint8Array | SegmentList, from: number, bytes: number): void {
    const { buffer, at } = this.#tail as ListTail
    if (source instanceof SegmentList) source.copyTo(buffer, at, from, from + bytes)
    else buffer.set(bytes === source.length ? source : source.subarray(from, from + bytes), at)
    this.#extend(bytes)
  }

  /** Leases memory for `bytes` more. Afterwards the list is still open, and has the same bytes or fewer. */
  #lease(bytes: number): ListTail[] {
    const tails: ListTail[] = []
    try {
      for (let leased = 0; leased < bytes; ) {
        const tail = this.#leaseOne(bytes - leased, leased, this.#segmentBytes)
        tails.push(tail)
        leased += tail.buffer.length
      }
    } catch (error) {
      for (const tail of tails) tail.release()
      throw error
    }
    return tails
  }

  /** The same in one piece of up to `segmentBytes`, behind `leased` others. */
  #leaseOne(bytes: number, leased: number, segmentBytes: number): ListTail {
    let tail: ListTail
    this.#isTaken = true
    try {
      tail = leaseTail(this.#settings.pool, bytes, this.#segments.length + leased, segmentBytes)
    } catch (error) {
      this.#isTaken = false
      this.settle()
      throw error
    }
    this.#isTaken = false
    if (!this.isClosed) return tail
    tail.release()
    throw listClosed()
  }

  /** Makes the next `bytes` of the tail part of the list. */
  #extend(bytes: number): void {
    const tail = this.#tail as ListTail
    const { buffer, at } = tail
    const end = at + bytes
    const { last } = this.#segments
    if (last?.buffer === buffer && last.end === at) this.#segments.extendLast(end)
    else this.#segments.push(tail.segment(end))
    tail.at = end
    if (end < buffer.length) return
    this.#tail = undefined
    tail.release()
  }
}

/** The encoding, UTF-8 by one name. */
export function validEncoding(encoding: BufferEncoding): BufferEncoding {
  if (encoding === 'utf8') return encoding
  if (!Buffer.isEncoding(encoding)) throw invalid('encoding', "an encoding of NonSharedBuffer, such as 'utf8'", encoding)
  return /^utf-?8$/i.test(encoding) ? 'utf8' : encoding
}
