import type { PoolStats } from '@pool/core/interfaces'
import { announcePool, invalid, PoolError, retirePool, sumsOf, validInteger } from '@pool/core/kit/universal'
import { homeOfBlock } from '../blocks/block-brand.js'
import type { BlockState } from '../blocks/block-pool.js'
import { foreign } from '../blocks/block-refusals.js'
import { statsOf } from '../pool/pool-figures.js'
import { closed } from '../pool/refusals.js'
import { SlabPool } from '../pool/slab-pool.js'
import type { SamplesIn } from '../slab/array-types.js'
import type { Backing } from '../slab/slab-memory.js'
import { RequestPattern } from './request-pattern.js'
import { SampleBucket, SampleSegment } from './sample-bucket.js'
import { type SamplePoolOptions, type SamplePoolSettings, samplePoolSettings } from './sample-pool-options.js'

/** Figures of a {@link SamplePool} for which core's stats have no place. */
export interface SampleFigures {
  /** Requests served without making memory, in percent; 100 before the first. */
  readonly hitRate: number
  /** View objects that requests had to make: 0 while the pool is warm and its memory stays where it is. */
  readonly boundaryAllocations: number
  /** Blocks by state. */
  readonly states: Readonly<Record<BlockState, number>>
  /** Records beside the samples, in percent of them; view objects apart. */
  readonly overhead: number
  /** Samples of the bucket that a steady stream asks for; `undefined` while sizes vary. */
  readonly steadySamples: number | undefined
}

/**
 * Buffers of 32-bit float samples in a few sizes, for audio: taking one is some array accesses, and once the pool is warm allocates
 * nothing.
 *
 * ```
 *   256    │ segment │ segment │            a request goes to the smallest bucket that fits;
 *   512    │ segment │                      each bucket grows and shrinks by segments
 *   …
 *   4096   │ segment │ segment │ segment │
 * ```
 *
 * A buffer belongs to the code that acquired it until it is released. Its contents are not cleared.
 * @typeParam K - the kind of its backing, which decides the type of its buffers
 */
export class SamplePool<K extends Backing = 'array'> extends SlabPool {
  readonly #settings: SamplePoolSettings
  readonly #buckets: readonly SampleBucket[]
  readonly #sizes: readonly number[]
  readonly #pattern: RequestPattern
  /** View objects that were made ahead of requests. */
  #viewsAhead = 0
  #closed = false
  #heard = false

  /** @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, and `ERR_POOL_EXHAUSTED` when the system or the slab has too little room */
  constructor(options: SamplePoolOptions<K> = {}) {
    const settings = samplePoolSettings(options)
    super(settings.name, settings.coalesceAbove)
    this.#settings = settings
    this.#sizes = settings.buckets
    const buckets: SampleBucket[] = []
    this.#buckets = buckets
    try {
      for (const samples of settings.buckets) buckets.push(new SampleBucket(this, samples, settings))
    } catch (error) {
      // A slab that had room for some of them gets it back.
      this.destroy()
      throw error
    }
    this.#pattern = new RequestPattern(this.#buckets.length)
    this.#viewsAhead = settings.buckets.length * settings.blocks
    announcePool(this)
  }

  get closed(): boolean {
    return this.#closed
  }

  get bookkeepingBytes(): number {
    return this.#sum((one) => one.bookkeepingBytes)
  }

  /**
   * Takes a buffer of at least `samples`: the whole block of its bucket.
   * @param samples - 1 up to the largest bucket
   * @returns `undefined` when nothing is free and nothing may be added
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`
   */
  acquire(samples: number): SamplesIn<K> | undefined {
    const at = this.#bucketFor(samples)
    const view = this.#buckets[at]!.take() ?? this.#takeOtherwise(at)
    if (this.#pattern.note(at)) this.#review()
    if (this.#heard) this.#tell('allocation', view)
    return view as SamplesIn<K> | undefined
  }

  /**
   * Gives a buffer back: the very view that was handed out. It may not be touched afterwards. O(1).
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER`: the pool is then exactly as before
   */
  release(view: Float32Array): void {
    const segment = this.#segmentOf(view)
    if (segment === undefined) throw this.ledger.refused(foreign(this, view))
    segment.returnBlock(view)
    segment.bucket.freed(segment)
    if (this.#heard) this.#tell('recycling', view)
  }

  /**
   * The view of a buffer that is out, as it is now: the same one, unless a `WebAssembly.Memory` grew, which detaches it. O(1).
   * @throws `ERR_POOL_FOREIGN_BUFFER`; `ERR_POOL_DOUBLE_RELEASE` when it is free; `ERR_POOL_DETACHED_BUFFER`
   */
  refresh(view: Float32Array): SamplesIn<K> {
    return this.#validSegment(view).refresh(view) as SamplesIn<K>
  }

  /**
   * The state of a buffer of this pool.
   * @throws `ERR_POOL_FOREIGN_BUFFER`
   */
  stateOf(view: Float32Array): BlockState {
    return this.#validSegment(view).stateOf(view)
  }

  /**
   * Adds a segment to the bucket that serves `samples`, ahead of need.
   * @returns false when it may not grow, or its memory has no more
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`
   */
  expand(samples: number): boolean {
    const expanded = this.#expandAhead(this.#buckets[this.#bucketFor(samples)]!, false)
    this.events.tell()
    return expanded
  }

  /**
   * Adds segments to the bucket that serves `samples` until `count` of its buffers lie free, or it may not grow.
   * @param count - buffers, 0..maxBlocks
   * @returns how many lie free
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`
   */
  warm(samples: number, count: number): number {
    const bucket = this.#buckets[this.#bucketFor(samples)]!
    validInteger('count', count, 0, this.#settings.maxBlocks)
    while (bucket.available < count && this.#expandAhead(bucket, false));
    this.events.tell()
    return bucket.available
  }

  /**
   * Gives up every segment that is all free, but each bucket's first. Its memory goes to the collector, or back to the slab.
   * @returns the bytes given up
   */
  contract(): number {
    const bytes = this.#buckets.reduce((sum, bucket) => sum + bucket.contract(0), 0)
    if (bytes > 0) this.events.emit('optimization', { action: 'contract', automatic: false, bytes })
    return bytes
  }

  /**
   * Brings the free buffers together: those of each segment into the order of addresses, and each bucket's segments into the order of
   * their buffers in use, so that the emptier ones run empty and {@link contract} can give them up.
   * @returns how many free buffers go out in another place than before
   */
  coalesce(): number {
    const moved = this.#buckets.reduce((sum, bucket) => sum + bucket.coalesce(), 0)
    this.events.tell()
    return moved
  }

  /** Fragmentation in percent, as `BlockPool.getFragmentation` means it, over all buckets: 0 in the order of addresses. */
  getFragmentation(): number {
    const free = this.#sum((one) => one.available)
    const torn = this.#sum((one) => (one.getFragmentation() * one.available) / 100)
    return free === 0 ? 0 : (100 * torn) / free
  }

  /** Efficiency in percent: the share of all buffers that are in use, or free and in their place. */
  getEfficiency(): number {
    const blocks = this.#sum((one) => one.blocks)
    return this.#sum((one) => one.getEfficiency() * one.blocks) / blocks
  }

  verify(): void {
    for (const segment of this.#segments()) segment.verify()
  }

  /** Figures for which core's stats have no place. */
  figures(): SampleFigures {
    const { hitRatio } = this.stats()
    const [blocks, inUse, everTaken] = [this.#sum((one) => one.blocks), this.#sum((one) => one.inUse), this.#sum((one) => one.everTaken)]
    const retired = this.#buckets.reduce((total, { retiredViews }) => total + retiredViews, 0)
    return Object.freeze({
      hitRate: hitRatio * 100,
      boundaryAllocations: this.#sum((one) => one.viewsMade) + retired - this.#viewsAhead,
      states: Object.freeze({ allocated: blocks - everTaken, 'in-use': inUse, recycled: everTaken - inUse }),
      overhead: (100 * this.bookkeepingBytes) / this.#sum((one) => one.blocks * one.blockBytes),
      steadySamples: this.#buckets[this.#pattern.steadyBucket]?.samples
    })
  }

  /** A snapshot in the form of `@pool/core`, a size class for each bucket. Some µs. */
  stats(): PoolStats {
    const sizeClasses = this.#buckets.map((bucket) => bucket.stats(this.#closed))
    const bytes = (count: 'total' | 'inUse') => sizeClasses.reduce((total, stats) => total + stats[count] * stats.bufferSize, 0)
    const { maxBlocks, buckets } = this.#settings
    return statsOf(this, this.ledger, {
      kind: 'sample',
      ...sumsOf(sizeClasses),
      capacity: maxBlocks * buckets.length,
      liveBytes: bytes('total'),
      inUseBytes: bytes('inUse'),
      maxLiveBytes: buckets.reduce((total, samples) => total + samples * 4 * maxBlocks, 0),
      sizeClasses,
      fragmentation: this.getFragmentation(),
      efficiency: this.getEfficiency()
    })
  }

  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    for (const segment of this.#segments()) segment.destroy()
    retirePool(this)
    this.events.emit('destroy', {})
  }

  /** @internal */
  protected attend(): void {
    this.#heard = this.events.heard
  }

  /** @internal */
  protected misuses(): (() => unknown)[] {
    return [new Float32Array(1), {}, null, undefined].map((wrong) => () => this.stateOf(wrong as Float32Array))
  }

  #bucketFor(samples: number): number {
    if (typeof samples !== 'number' || samples >>> 0 !== samples || samples === 0 || this.#closed) throw this.#badRequest(samples)
    const sizes = this.#sizes
    let at = 0
    while (at < sizes.length && sizes[at]! < samples) at++
    if (at === sizes.length) throw this.#badRequest(samples)
    return at
  }

  #segmentOf(view: unknown): SampleSegment | undefined {
    const segment = homeOfBlock(view)
    return segment instanceof SampleSegment && segment.home === this ? segment : undefined
  }

  #validSegment(view: unknown): SampleSegment {
    const segment = this.#segmentOf(view)
    if (segment === undefined) throw foreign(this, view)
    return segment
  }

  #segments(): SampleSegment[] {
    return this.#buckets.flatMap(({ segments }) => segments)
  }

  #sum(figure: (segment: SampleSegment) => number): number {
    return this.#segments().reduce((total, segment) => total + figure(segment), 0)
  }

  #takeOtherwise(at: number): Float32Array | undefined {
    const { strategy } = this.#settings
    const bucket = this.#buckets[at] as SampleBucket
    const expandsFirst = strategy === 'exact' || (strategy === 'adaptive' && this.#pattern.steadyBucket === at)
    const spills = strategy !== 'exact'
    if (expandsFirst && this.#expand(bucket, true)) return bucket.takeNew()
    const larger = spills ? this.#buckets.find((other, position) => position > at && other.available > 0) : undefined
    if (larger !== undefined) return larger.take()
    if (!expandsFirst && this.#expand(bucket, true)) return bucket.takeNew()
    bucket.refusals++
    const { acquisitions, inUse } = this.stats()
    this.ledger.exhausted(acquisitions, inUse)
    this.events.note('exhausted', { bytes: bucket.segmentBytes / this.#settings.blocks, inUse })
    return undefined
  }

  #expand(bucket: SampleBucket, automatic: boolean): boolean {
    const expanded = bucket.expand()
    if (expanded) this.events.note('optimization', { action: 'expand', automatic, bytes: bucket.segmentBytes })
    return expanded
  }

  #expandAhead(bucket: SampleBucket, automatic: boolean): boolean {
    const expanded = this.#expand(bucket, automatic)
    if (expanded) this.#viewsAhead += this.#settings.blocks
    return expanded
  }

  /** The end of a period: an adaptive pool fits its buckets to the peaks of the last two periods. */
  #review(): void {
    // Plain loops, here and in contract(): the review runs every 256 requests, and must not allocate either.
    for (let at = 0; at < this.#buckets.length; at++) {
      const bucket = this.#buckets[at] as SampleBucket
      const before = bucket.reviewedPeak
      const peak = bucket.review()
      if (this.#settings.strategy !== 'adaptive') continue
      if (this.#pattern.steadyBucket === at && peak > 0.75 * bucket.total) this.#expandAhead(bucket, true)
      else {
        const bytes = bucket.contract(Math.ceil(1.5 * Math.max(before, peak)))
        if (bytes > 0) this.events.note('optimization', { action: 'contract', automatic: true, bytes })
      }
    }
  }

  #tell(event: 'allocation' | 'recycling', view: Float32Array | undefined): void {
    if (view !== undefined) this.events.note(event, { bytes: view.byteLength })
    this.events.tell()
  }

  #badRequest(samples: unknown): PoolError {
    const largest = this.#sizes.at(-1) as number
    if (this.#closed) return closed(this)
    if (typeof samples === 'number' && Number.isInteger(samples) && samples > largest) {
      return new PoolError(
        'ERR_POOL_TOO_LARGE',
        `pool '${this.name}' can never serve ${samples} samples: its largest bucket has ${largest}. Ask for less, or add a bucket.`
      )
    }
    return invalid('samples', `an integer in 1..${largest}`, samples)
  }
}
