import { isPoolError } from '@pool/core/interfaces'
import { SampleSegment, type SegmentOwner } from './sample-segment.js'
import type { Slab } from './slab.js'

/** The blocks of one size of a sample pool, in segments that come and go. */
export class SampleBucket implements SegmentOwner {
  readonly #home: { readonly name: string }
  readonly #backing: Slab | 'array' | 'shared'
  readonly #segmentBlocks: number
  readonly #maxBlocks: number
  /** Samples of each block. */
  readonly samples: number
  /** The segments, in the order in which they came. The first one stays. */
  segments: SampleSegment[] = []
  /** The first segment that has something free, if any has. */
  #current: SampleSegment
  /** Blocks handed out. */
  taken = 0
  /** Of those, the ones for which a segment was made. */
  misses = 0
  /** Requests that found nothing, here or in a larger bucket. */
  refusals = 0
  /** The most blocks that were out at once since the last review. */
  recentPeak = 0
  /** The same of the period before. */
  reviewedPeak = 0
  /** The most that were ever out at once. */
  peak = 0
  /** Segments given up. */
  contractions = 0
  /** View objects of segments that were given up. */
  retiredViews = 0
  #inUse = 0

  /** A bucket with one segment. */
  constructor(
    home: { readonly name: string },
    samples: number,
    segmentBlocks: number,
    maxBlocks: number,
    backing: Slab | 'array' | 'shared'
  ) {
    this.#home = home
    this.samples = samples
    this.#segmentBlocks = segmentBlocks
    this.#maxBlocks = maxBlocks
    this.#backing = backing
    this.#current = this.#addSegment()
  }

  /** Blocks out now. */
  get inUse(): number {
    return this.#inUse
  }

  /** Blocks there are now. */
  get total(): number {
    return this.segments.length * this.#segmentBlocks
  }

  /** Blocks free now. */
  get available(): number {
    return this.total - this.#inUse
  }

  /** Takes a block of those that are there; `undefined` when all are out. */
  take(): Float32Array | undefined {
    let segment = this.#current
    if (segment.available === 0) {
      const other = this.segments.find(({ available }) => available > 0)
      if (other === undefined) return undefined
      this.#current = other
      segment = other
    }
    const view = segment.take()
    this.taken++
    if (++this.#inUse > this.recentPeak) this.recentPeak = this.#inUse
    return view
  }

  /** Takes a block of a segment that was made for it. */
  takeNew(): Float32Array | undefined {
    this.misses++
    return this.take()
  }

  /** A block of `segment` is free again. Earlier segments are preferred, so that later ones run empty and can be given up. */
  freed(segment: SampleSegment): void {
    this.#inUse--
    if (segment.position < this.#current.position) this.#current = segment
  }

  /** Adds a segment; false when the bucket is as large as it may be, or its memory has no more. */
  expand(): boolean {
    if (this.total + this.#segmentBlocks > this.#maxBlocks) return false
    try {
      this.#addSegment()
      return true
    } catch (error) {
      if (isPoolError(error, 'ERR_POOL_EXHAUSTED')) return false
      throw error
    }
  }

  /** Gives up segments that are all free, but keeps room for `blocks`. Returns the bytes given up. */
  contract(blocks: number): number {
    let spare = Math.floor((this.total - Math.max(blocks, this.#inUse)) / this.#segmentBlocks)
    let bytes = 0
    for (let at = this.segments.length - 1; at > 0 && spare > 0; at--) {
      const segment = this.segments[at] as SampleSegment
      if (segment.inUse > 0) continue
      spare--
      bytes += this.#giveUp(segment)
    }
    return bytes
  }

  /** Starts a new period, and returns the most blocks that were out at once in the last one. */
  review(): number {
    const peak = this.recentPeak
    this.peak = Math.max(this.peak, peak)
    this.reviewedPeak = peak
    this.recentPeak = this.#inUse
    return peak
  }

  #giveUp(segment: SampleSegment): number {
    this.contractions++
    this.retiredViews += segment.viewsMade
    this.segments.splice(segment.position, 1)
    for (let at = segment.position; at < this.segments.length; at++) (this.segments[at] as SampleSegment).position = at
    if (this.#current === segment) this.#current = this.segments[0] as SampleSegment
    segment.destroy()
    return segment.blocks * segment.blockBytes
  }

  #addSegment(): SampleSegment {
    const segment = new SampleSegment(this.#home, this, this.segments.length, this.samples, this.#segmentBlocks, this.#backing)
    this.segments.push(segment)
    return segment
  }
}
