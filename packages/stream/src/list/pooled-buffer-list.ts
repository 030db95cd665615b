import type { Readable } from 'node:stream'
import type { Lease, LeaseList } from '@pool/core'
import { invalid, type NonSharedBuffer, plainLease, validInteger } from '@pool/core/kit'
import { type LeasedWritable, validWritable, writeLeased } from '../leases/write-leased.js'
import { indexOfByte, indexOfBytes } from './index-of.js'
import { asBuffer, brandList, bufferOf, hasListBrand } from './list-content.js'
import { ListEnd, validEncoding } from './list-end.js'
import { copyRefused, listClosed, listReserved } from './list-errors.js'
import { ListReadable } from './list-readable.js'
import { NumberReader } from './number-reader.js'
import { listSettings, type PooledBufferListOptions, type PooledBufferListStats } from './pooled-buffer-list-options.js'
import { leaseOf, Segment, SegmentList } from './segment-list.js'

/** The values that a list takes in. */
export type ListContent = Uint8Array | string | Lease<Buffer> | PooledBufferList

/**
 * Bytes of any length as a list of leases, by the names of `bl`. `write` copies into pooled memory; `append` takes memory over, uncopied.
 *
 * ```
 *   segments   ┌──────────────┬────────┬────────────────┬─────────┐┄┄┄┄┄┄┄┐
 *              │ leased       │ lease  │ bytes of yours │ leased  │ room  ┊   for the next write, or reserve()
 *              └──────────────┴────────┴────────────────┴─────────┘┄┄┄┄┄┄┄┘
 *   consume() ──►                    ▲ shallowSlice(): another list of the same memory, each segment with a lease of its own
 * ```
 *
 * The list owns a lease of each segment, and memory goes back to its pool when the last lease of it is released. Close the list, bind it with
 * `using`, or consume all of it: an empty list holds nothing. After an error the list and the pool are as before.
 */
export class PooledBufferList extends NumberReader implements LeaseList<Lease<NonSharedBuffer>>, Iterable<NonSharedBuffer>, Disposable {
  readonly #segments: SegmentList
  readonly #settings: Required<PooledBufferListOptions>
  readonly #end: ListEnd
  #copies = 0
  #copiedBytes = 0
  #refusedCopies = 0

  /**
   * Makes an empty list, which holds no memory.
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  constructor(options: PooledBufferListOptions = {}) {
    const segments = new SegmentList()
    super(segments)
    this.#segments = segments
    this.#settings = listSettings(options)
    this.#end = new ListEnd(segments, this.#settings)
  }

  /** Bytes of the list. */
  get length(): number {
    return this.#segments.length
  }

  /**
   * Copies bytes, the bytes of a lease or a list, or a string, to the end. `data` is the caller's again when the call returns.
   * @param encoding - of a string. Default `'utf8'`
   * @throws `ERR_POOL_LIST_FULL`, `ERR_POOL_LIST_RESERVED`, `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`; any error of the pool's `lease`
   */
  write(data: ListContent, encoding: BufferEncoding = 'utf8'): this {
    if (typeof data === 'string') this.#end.writeText(data, encoding)
    else if (isList(data)) this.#end.copyIn(PooledBufferList.#segmentsOf(data), data.length)
    else {
      const bytes = data instanceof Uint8Array ? data : bufferOf(data)
      this.#end.copyIn(bytes, bytes.length)
    }
    return this
  }

  /**
   * Takes memory over as the end of the list, uncopied. A lease is then the list's, and released for its giver. Another list gives its segments,
   * and is empty. Plain bytes must not change while the list has them. A string is written.
   * @param encoding - of a string. Default `'utf8'`
   * @throws as {@link PooledBufferList.write}; `ERR_POOL_LEASE_RELEASED`. A lease, or list, is then still the caller's
   */
  append(data: ListContent, encoding: BufferEncoding = 'utf8'): this {
    if (typeof data === 'string') return this.write(data, encoding)
    if (isList(data)) return this.#appendList(data)
    if (data instanceof Uint8Array) {
      this.#end.check(data.length)
      if (data.length > 0) this.#segments.push(new Segment(asBuffer(data), 0, data.length, undefined))
      return this
    }
    const buffer = bufferOf(data)
    this.#end.check(buffer.length)
    // The giver's own handle ends here: a second release of it is refused, and takes no memory from under the list.
    if (buffer.length > 0) this.#segments.push(new Segment(buffer, 0, buffer.length, data.retain() as Lease<NonSharedBuffer>))
    data[Symbol.dispose]()
    return this
  }

  /**
   * Memory behind the end to write into: `bytes` of it, in one piece, uncleared. {@link PooledBufferList.commit} makes it part of the list. Until then the list
   * can be read and consumed, but nothing else is written to its end. When the list is closed first, the memory is withdrawn from its pool, since
   * a read may be under way into it.
   * @param bytes - an integer of 1 at least; at most as many as the list has room for, and as the pool can lease
   * @throws as {@link PooledBufferList.write}
   */
  reserve(bytes: number): NonSharedBuffer {
    validInteger('bytes', bytes, 1, 2 ** 40)
    return this.#end.reserve(bytes)
  }

  /**
   * Makes the first `bytes` of the open reservation part of the list, and gives up the rest.
   * @param bytes - an integer in 0..the bytes reserved
   * @throws `ERR_POOL_INVALID_OPTION`, also without a reservation; `ERR_POOL_CLOSED`
   */
  commit(bytes: number): void {
    this.#end.commit(bytes)
  }

  /**
   * Removes the first `bytes`, and gives back the memory that no byte is left in.
   * @param bytes - an integer in 0..length
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  consume(bytes: number): this {
    validInteger('bytes', bytes, 0, this.length)
    this.#end.giveBack(this.#segments.drop(bytes))
    return this
  }

  /**
   * The byte at `index`.
   * @param index - an integer in 0..length - 1
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  get(index: number): number {
    const segments = this.#segments
    if (!Number.isInteger(index) || index < 0 || index >= segments.length)
      throw invalid('index', `an integer in 0..${segments.length - 1}`, index)
    return segments.find(index).buffer[segments.position] as number
  }

  /**
   * A lease of bytes `start..end`, to be released on its own. Within a segment it shares the memory; across segments it is a copy, which
   * {@link PooledBufferList.stats} counts.
   * @throws `ERR_POOL_LIST_COPY_REFUSED` for a copy above `maxContiguousBytes`; `ERR_POOL_INVALID_OPTION`; any error of the pool's `lease`
   */
  slice(start = 0, end: number = this.length): Lease<NonSharedBuffer> {
    this.#checkRange(start, end)
    if (start === end) return plainLease(Buffer.alloc(0))
    const segments = this.#segments
    const { buffer, end: segmentEnd, lease } = segments.find(start)
    const from = segments.position
    const to = from + end - start
    if (to <= segmentEnd) return leaseOf(buffer, from, to, lease?.retain())
    const copy = this.#leaseForCopy(end - start)
    segments.copyTo(copy.buffer, 0, start, end)
    return copy
  }

  /**
   * Another list of bytes `start..end` in the same memory, with the same options, to be closed on its own. Neither list sees the later writes of
   * the other. A short slice keeps the whole of its segments' memory out.
   * @throws `ERR_POOL_INVALID_OPTION`; `ERR_POOL_CLOSED`
   */
  shallowSlice(start = 0, end: number = this.length): PooledBufferList {
    if (this.#end.isClosed) throw listClosed()
    this.#checkRange(start, end)
    const list = new PooledBufferList(this.#settings)
    for (const segment of this.#segments.share(start, end)) list.#segments.push(segment)
    return list
  }

  /**
   * All bytes in one piece, as a lease to be released on its own. **It copies**, unless they lie in one segment; the list then keeps the copy as its only
   * segment, so that a second call copies nothing. {@link PooledBufferList.stats} counts it.
   * @throws as {@link PooledBufferList.slice}
   */
  contiguous(): Lease<NonSharedBuffer> {
    const segments = this.#segments
    if (segments.count > 1) {
      const bytes = segments.length
      const copy = this.#leaseForCopy(bytes)
      segments.copyTo(copy.buffer, 0, 0, bytes)
      const old = segments.drop(bytes)
      segments.push(new Segment(copy.buffer, 0, bytes, copy))
      this.#end.giveBack(old)
    }
    return this.slice()
  }

  /**
   * Copies bytes `sourceStart..sourceEnd`, or as many of them as fit, to `target` from `targetStart` on.
   * @returns the bytes copied
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  copy(target: Uint8Array, targetStart = 0, sourceStart = 0, sourceEnd: number = this.length): number {
    if (!(target instanceof Uint8Array)) throw invalid('target', 'a Uint8Array', target)
    validInteger('targetStart', targetStart, 0, target.length)
    this.#checkRange(sourceStart, sourceEnd)
    const bytes = Math.min(sourceEnd - sourceStart, target.length - targetStart)
    this.#segments.copyTo(target, targetStart, sourceStart, sourceStart + bytes)
    return bytes
  }

  /**
   * Whether `other` has the same bytes.
   * @throws `ERR_POOL_INVALID_OPTION` when it is neither a Uint8Array nor a list
   */
  equals(other: Uint8Array | PooledBufferList): boolean {
    const isBytes = other instanceof Uint8Array
    if (!isBytes && !isList(other)) throw invalid('other', 'a Uint8Array or a PooledBufferList', other)
    if (other.length !== this.length) return false
    const segments = isBytes ? undefined : PooledBufferList.#segmentsOf(other)
    let offset = 0
    let isEqual = true
    const sameAs = (own: Buffer, from: number, to: number): boolean => {
      if (isBytes) isEqual = own.compare(other, offset, offset + to - from, from, to) === 0
      else {
        let at = from
        segments?.visit(offset, offset + to - from, ({ buffer }, start, end) => {
          isEqual = own.compare(buffer, start, end, at, at + end - start) === 0
          at += end - start
          return isEqual
        })
      }
      offset += to - from
      return isEqual
    }
    this.#segments.visit(0, this.length, ({ buffer }, from, to) => sameAs(buffer, from, to))
    return isEqual
  }

  /**
   * The offset of the first occurrence of a byte, a string or bytes, from `offset` on; -1 where there is none. Linear in both lengths; only bytes
   * around the borders of segments are copied.
   * @param search - a byte is an integer in 0..255; an empty string, or no bytes, is found at `offset`
   * @param offset - an integer in 0..length. Default 0
   * @param encoding - of a string. Default `'utf8'`
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  indexOf(search: number | string | Uint8Array, offset = 0, encoding: BufferEncoding = 'utf8'): number {
    validInteger('offset', offset, 0, this.length)
    if (typeof search === 'number') return indexOfByte(this.#segments, validInteger('search', search, 0, 255), offset)
    const needle = typeof search === 'string' ? Buffer.from(search, validEncoding(encoding)) : search
    if (!(needle instanceof Uint8Array)) throw invalid('search', 'a byte, a string or a Uint8Array', search)
    if (needle.length < 2) return needle.length === 0 ? offset : indexOfByte(this.#segments, needle[0] as number, offset)
    return indexOfBytes(this.#segments, needle, offset)
  }

  /**
   * Bytes `start..end` as text. Bytes that lie across segments are copied, as {@link PooledBufferList.slice} copies them.
   * @throws as {@link PooledBufferList.slice}
   */
  override toString(encoding: BufferEncoding = 'utf8', start = 0, end: number = this.length): string {
    validEncoding(encoding)
    const lease = this.slice(start, end)
    try {
      return lease.buffer.toString(encoding)
    } finally {
      lease.release()
    }
  }

  /** The segments in order, as views that are valid until the list is consumed, emptied or closed. */
  *segments(): IterableIterator<NonSharedBuffer> {
    const segments = this.#segments
    for (let index = 0; index < segments.count; index++) {
      const { buffer, start, end } = segments.at(index)
      yield buffer.subarray(start, end)
    }
  }

  /** {@link PooledBufferList.segments}. */
  [Symbol.iterator](): IterableIterator<NonSharedBuffer> {
    return this.segments()
  }

  /**
   * Takes all bytes out as leases, in order, each to be released once; the list is empty then. A connection of `@pool/net` takes the list itself.
   * @throws `ERR_POOL_CLOSED`
   */
  takeLeases(): Lease<NonSharedBuffer>[] {
    return this.#takeSegments().map(({ buffer, start, end, lease }) => leaseOf(buffer, start, end, lease))
  }

  /**
   * Takes all bytes out and writes them to a stream, uncopied and together (`writev`). Memory is given back when the stream is done with it; when
   * the write fails, it is withdrawn from its pool, as {@link writeLeased} does.
   * @param writable - as of {@link writeLeased}
   * @returns a promise that fulfils when the stream takes more. It may be ignored, and its rejection then goes unreported
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_CLOSED`: the list is then as before. (rejects) as {@link writeLeased}
   */
  writeTo(writable: LeasedWritable): Promise<void> {
    validWritable(writable)
    const leases = this.takeLeases()
    let written = Promise.resolve()
    writable.cork()
    for (const lease of leases) written = writeLeased(writable, lease)
    writable.uncork()
    return written
  }

  /**
   * Takes all bytes out as a stream, whose chunks are copies of up to a segment each: a consumer may keep them. To send pooled memory uncopied use
   * {@link PooledBufferList.writeTo}. The memory of bytes that were not read when the stream is destroyed is given back.
   * @throws `ERR_POOL_LIST_RESERVED`, `ERR_POOL_CLOSED`
   */
  toReadable(): Readable {
    const list = new PooledBufferList(this.#settings)
    list.append(this)
    return new ListReadable(list)
  }

  /** A snapshot of the figures, made on each call; O(segments). */
  stats(): PooledBufferListStats {
    const { isClosed, memory, reservedBytes } = this.#end
    const held = new Set<NonSharedBuffer>(memory === undefined ? [] : [memory])
    for (let index = 0; index < this.#segments.count; index++) {
      const { buffer, lease } = this.#segments.at(index)
      if (lease !== undefined) held.add(buffer)
    }
    let heldBytes = 0
    for (const { length } of held) heldBytes += length
    return {
      closed: isClosed,
      bytes: this.length,
      maxBytes: this.#settings.maxBytes,
      segments: this.#segments.count,
      heldBytes,
      reservedBytes,
      copies: this.#copies,
      copiedBytes: this.#copiedBytes,
      refusedCopies: this.#refusedCopies
    }
  }

  /** Gives all memory back; that of an open reservation is withdrawn from its pool. The list takes nothing more. Doing it again does nothing. */
  close(): void {
    const dropped = this.#segments.drop(this.length)
    this.#end.close()
    for (const segment of dropped) segment.release()
  }

  /** Closes the list. */
  [Symbol.dispose](): void {
    this.close()
  }

  #checkRange(start: number, end: number): void {
    validInteger('end', end, 0, this.length)
    validInteger('start', start, 0, end)
  }

  #appendList(other: PooledBufferList): this {
    if (other === this) throw invalid('data', 'another list; write() doubles this one', other)
    if (#segments in other) other.#end.check(0)
    this.#end.check(other.length)
    const foreign = (): Segment[] =>
      (other as LeaseList<Lease<NonSharedBuffer>>).takeLeases().map((lease) => new Segment(lease.buffer, 0, lease.buffer.length, lease))
    for (const segment of #segments in other ? other.#takeSegments() : foreign()) this.#segments.push(segment)
    return this
  }

  /** The segments of a list, to be read; of one of another copy of this package, by its public iterator. */
  static #segmentsOf(list: PooledBufferList): SegmentList {
    if (#segments in list) return list.#segments
    return SegmentList.over(list)
  }

  #takeSegments(): readonly Segment[] {
    if (this.#end.isClosed) throw listClosed()
    const taken = this.#segments.drop(this.length)
    this.#end.letGo()
    return taken
  }

  #leaseForCopy(bytes: number): Lease<NonSharedBuffer> {
    const { maxContiguousBytes, pool } = this.#settings
    if (bytes > maxContiguousBytes) {
      this.#refusedCopies++
      throw copyRefused(bytes, maxContiguousBytes)
    }
    const { length } = this
    const lease = pool.lease(bytes)
    // Where a listener of the pool changed the list meanwhile.
    if (this.length !== length) {
      lease.release()
      throw listReserved()
    }
    this.#copies++
    this.#copiedBytes += bytes
    return lease
  }
}

brandList(PooledBufferList.prototype)

/** Whether `value` is a list, of whichever copy of this package. */
export function isList(value: unknown): value is PooledBufferList {
  return hasListBrand(value)
}
