import type { Lease } from '@pool/core'
import { type NonSharedBuffer, partOfLease, plainLease } from '@pool/core/kit'

/** Up to here bytes are copied one by one. */
const fewBytes = 8
/** They pass through here, since the target may overlap them. */
const few = new Uint8Array(fewBytes)

/** Consecutive bytes of one piece of memory. */
export class Segment {
  /** The memory. */
  readonly buffer: NonSharedBuffer
  /** The first byte, from the beginning of the memory. */
  start: number
  /** The byte after the last. */
  end: number
  /** A lease of the memory that is the segment's own; `undefined` for memory that belongs to no pool. */
  readonly lease: Lease<NonSharedBuffer> | undefined

  /** Bytes `start..end` of `buffer`; takes `lease` over. */
  constructor(buffer: NonSharedBuffer, start: number, end: number, lease: Lease<NonSharedBuffer> | undefined) {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.lease = lease
  }

  /** Gives the lease back; never throws. */
  release(): void {
    this.lease?.[Symbol.dispose]()
  }
}

/** Segments in order, read by offset. It calls nothing of a pool's, so that no listener sees it half changed. */
export class SegmentList {
  #items: (Segment | undefined)[] = []
  /** The first segment: those before it were dropped. */
  #head = 0
  /** The segment that {@link SegmentList.find} found last, and the offset of its first byte: readers mostly go on from there. */
  #found = 0
  #foundOffset = 0
  /** Where {@link SegmentList.find} found the byte, in the buffer of its segment. */
  position = 0
  /** Bytes of all segments. */
  length = 0

  /** Segments over bytes that are not the list's, to be read. */
  static over(pieces: Iterable<NonSharedBuffer>): SegmentList {
    const segments = new SegmentList()
    for (const piece of pieces) segments.push(new Segment(piece, 0, piece.length, undefined))
    return segments
  }

  /** How many segments there are. */
  get count(): number {
    return this.#items.length - this.#head
  }

  /** The segment after all others. */
  get last(): Segment | undefined {
    return this.#items[this.#items.length - 1]
  }

  /** The segment of that index, from 0. */
  at(index: number): Segment {
    return this.#items[this.#head + index] as Segment
  }

  /** The segment that has the byte at `offset`, in `0..length - 1`; sets {@link SegmentList.position}. */
  find(offset: number): Segment {
    const items = this.#items
    const isBehind = offset >= this.#foundOffset
    let left = isBehind ? offset - this.#foundOffset : offset
    for (let index = isBehind ? this.#found : this.#head; ; index++) {
      const segment = items[index] as Segment
      const { start } = segment
      const bytes = segment.end - start
      if (left < bytes) {
        this.position = start + left
        this.#found = index
        this.#foundOffset = offset - left
        return segment
      }
      left -= bytes
    }
  }

  /** Enters a segment, of a byte at least, after all others. */
  push(segment: Segment): void {
    this.#items.push(segment)
    this.length += segment.end - segment.start
  }

  /** Lets the last segment reach up to `end`. */
  extendLast(end: number): void {
    const last = this.last as Segment
    this.length += end - last.end
    last.end = end
  }

  /** Calls `visit` with the memory of bytes `start..end`, piece by piece, until it returns false. */
  visit(start: number, end: number, visit: (segment: Segment, from: number, to: number) => boolean | undefined): void {
    let skip = start
    let left = end - start
    for (let index = this.#head; left > 0; index++) {
      const segment = this.#items[index] as Segment
      const bytes = segment.end - segment.start
      if (skip >= bytes) {
        skip -= bytes
        continue
      }
      const from = segment.start + skip
      const to = Math.min(segment.end, from + left)
      if (visit(segment, from, to) === false) return
      left -= to - from
      skip = 0
    }
  }

  /** Copies bytes `start..end` to `target`, which has room for them. */
  copyTo(target: Uint8Array, targetStart: number, start: number, end: number): void {
    if (start === end) return
    // Without visit(), since short copies are many.
    let segment = this.find(start)
    let from = this.position
    let at = targetStart
    for (let index = this.#found; ; ) {
      const to = Math.min(segment.end, from + targetStart + end - start - at)
      const { buffer } = segment
      // A few bytes cost less one by one, and all of a Buffer costs less without a view of them.
      if (to - from <= fewBytes) {
        for (let byte = from; byte < to; byte++) few[byte - from] = buffer[byte] as number
        for (let byte = from; byte < to; byte++) target[at + byte - from] = few[byte - from] as number
      } else if (to - from === buffer.length) target.set(buffer, at)
      else buffer.copy(target, at, from, to)
      at += to - from
      if (at - targetStart === end - start) return
      segment = this.#items[++index] as Segment
      from = segment.start
    }
  }

  /** Segments of the same memory for bytes `start..end`, each with a lease of its own. */
  share(start: number, end: number): Segment[] {
    const shared: Segment[] = []
    this.visit(start, end, ({ buffer, lease }, from, to) => {
      shared.push(new Segment(buffer, from, to, lease?.retain()))
      return true
    })
    return shared
  }

  /** Forgets the first `bytes`, and returns the segments that are left with none, to be released. */
  drop(bytes: number): readonly Segment[] {
    const items = this.#items
    let left = bytes
    let head = this.#head
    while (left > 0) {
      const segment = items[head] as Segment
      const own = segment.end - segment.start
      if (left < own) {
        segment.start += left
        break
      }
      left -= own
      head++
    }
    this.length -= bytes
    this.#found = head
    this.#foundOffset = 0
    if (head === this.#head) return none
    const dropped = head === this.#head + 1 ? [items[this.#head] as Segment] : (items.slice(this.#head, head) as Segment[])
    // Places are kept for a while, since an array that is emptied and filled allocates each time.
    if (head > 1024) {
      this.#items = items.slice(head)
      this.#head = 0
      this.#found = 0
    } else {
      for (let index = this.#head; index < head; index++) items[index] = undefined
      this.#head = head
    }
    return dropped
  }
}

const none: readonly Segment[] = []

/** Bytes `start..end` of `buffer` as a lease, which takes `lease`, that of the memory, over. */
export function leaseOf(
  buffer: NonSharedBuffer,
  start: number,
  end: number,
  lease: Lease<NonSharedBuffer> | undefined
): Lease<NonSharedBuffer> {
  return lease === undefined ? plainLease(buffer.subarray(start, end)) : partOfLease(lease, start, end)
}
