import type { SizeClassStats } from '@pool/core/interfaces'
import { isPoolError, sizeClassStats } from '@pool/core/kit/universal'
import { BlockPool } from '../blocks/block-pool.js'
import type { SlabPool } from '../pool/slab-pool.js'
import type { SamplePoolSettings } from './sample-pool-options.js'

/** Some blocks of a sample bucket that were made together, and are given up together. */
export class SampleSegment extends BlockPool<Float32Array> {
  /** The pool that it belongs to. */
  readonly home: SlabPool
  /** The bucket that it belongs to. */
  readonly bucket: SampleBucket
  /** Where it stands among the bucket's segments. */
  position: number

  /** Makes a segment of `bucket`, which will stand at `position`. */
  constructor(home: SlabPool, bucket: SampleBucket, position: number, settings: SamplePoolSettings) {
    const { blocks, backing, order: strategy, coalesceAbove } = settings
    const { samples } = bucket
    super({ name: `${home.name}/${samples}`, type: Float32Array, shape: samples, blocks, backing, strategy, coalesceAbove }, home)
    this.home = home
    this.bucket = bucket
    this.position = position
  }
}

/** The blocks of one size of a sample pool, in segments that come and go. */
export class SampleBucket {
  readonly #home: SlabPool
  readonly #settings: SamplePoolSettings
  /** Samples of each block. */
  readonly samples: number
  /** The segments, those preferred first. The first one stays. */
  readonly segments: SampleSegment[] = []
  /** The first segment that has a free block, if any has. */
  #current: SampleSegment
  /** Blocks handed out. */
  taken = 0
  /** Blocks handed out for which a segment was made. */
  misses = 0
  /** Requests that found nothing, here or in a larger bucket. */
  refusals = 0
  /** The most blocks that were out at once since the last review. */
  recentPeak = 0
  /** The most blocks that were out at once in the period before. */
  reviewedPeak = 0
  /** View objects of segments that were given up. */
  retiredViews = 0
  #inUse = 0
  /** The most that were out at once, up to the last review. */
  #peak = 0
  /** Segments given up. */
  #contractions = 0

  /** A bucket with one segment. */
  constructor(home: SlabPool, samples: number, settings: SamplePoolSettings) {
    this.#home = home
    this.samples = samples
    this.#settings = settings
    this.#current = this.#addSegment()
  }

  /** Bytes of a segment. */
  get segmentBytes(): number {
    return this.#settings.blocks * this.samples * Float32Array.BYTES_PER_ELEMENT
  }

  /** Blocks out now. */
  get inUse(): number {
    return this.#inUse
  }

  /** Blocks there are now. */
  get total(): number {
    return this.segments.length * this.#settings.blocks
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
    const view = segment.getBlock()
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
    if (this.total + this.#settings.blocks > this.#settings.maxBlocks) return false
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
    let spare = Math.floor((this.total - Math.max(blocks, this.#inUse)) / this.#settings.blocks)
    let bytes = 0
    for (let at = this.segments.length - 1; at > 0 && spare > 0; at--) {
      const segment = this.segments[at] as SampleSegment
      if (segment.inUse > 0) continue
      spare--
      bytes += this.#giveUp(segment)
    }
    return bytes
  }

  /**
   * Orders the free blocks of each segment by address, and the segments by blocks in use, so that the emptier ones run empty and can be
   * given up. Returns how many free blocks go out in another place than before.
   */
  coalesce(): number {
    const before = [...this.segments]
    this.segments.sort((one, other) => other.inUse - one.inUse)
    let moved = 0
    for (let at = 0; at < before.length; at++) {
      const segment = this.segments[at] as SampleSegment
      segment.position = at
      moved += segment.coalesce().mendedPairs
      if (segment !== before[at]) moved += segment.available
    }
    this.#current = this.segments.find(({ available }) => available > 0) ?? this.#current
    return moved
  }

  /** Starts a new period, and returns the most blocks that were out at once in the last one. */
  review(): number {
    const peak = this.recentPeak
    this.#peak = Math.max(this.#peak, peak)
    this.reviewedPeak = peak
    this.recentPeak = this.#inUse
    return peak
  }

  /** The figures of its size. A pool that was destroyed has no more blocks than those out. */
  stats(closed: boolean): SizeClassStats {
    const { taken, misses, inUse, total } = this
    const bufferSize = this.samples * Float32Array.BYTES_PER_ELEMENT
    return sizeClassStats({
      bufferSize,
      available: closed ? 0 : total - inUse,
      inUse,
      peakInUse: Math.max(this.#peak, this.recentPeak),
      acquisitions: taken,
      misses,
      discards: 0,
      exhaustions: this.refusals,
      leaked: 0,
      bytesAllocated: total * bufferSize + this.#contractions * this.segmentBytes
    })
  }

  #giveUp(segment: SampleSegment): number {
    this.#contractions++
    this.retiredViews += segment.viewsMade
    this.segments.splice(segment.position, 1)
    for (let at = segment.position; at < this.segments.length; at++) (this.segments[at] as SampleSegment).position = at
    if (this.#current === segment) this.#current = this.segments[0] as SampleSegment
    segment.destroy()
    return this.segmentBytes
  }

  #addSegment(): SampleSegment {
    const segment = new SampleSegment(this.#home, this, this.segments.length, this.#settings)
    this.segments.push(segment)
    return segment
  }
}
