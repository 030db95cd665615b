import { PoolError, type PoolHealth, type PoolStats, type SizeClassStats, type StatsSource } from '@pool/core/interfaces'
import { invalid } from '@pool/core/validate'
import { homeOfBlock } from './block-brand.js'
import { closed, foreign } from './block-refusals.js'
import { healthOf, Ledger, statsOf } from './pool-figures.js'
import { RequestPattern } from './request-pattern.js'
import { SampleBucket } from './sample-bucket.js'
import { type SamplePoolOptions, type SamplePoolSettings, samplePoolSettings } from './sample-pool-options.js'
import { SampleSegment, type SampleState } from './sample-segment.js'

/** Figures of a {@link SamplePool} that core's stats have no place for. */
export interface SampleFigures {
  /** Requests served without making memory, in percent; 100 before the first. */
  readonly hitRate: number
  /** View objects that requests had to make: 0 while the pool is warm and its memory stays where it is. */
  readonly boundaryAllocations: number
  /** Blocks by state. */
  readonly states: Readonly<Record<SampleState, number>>
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
 * A buffer belongs to whoever acquired it until it is released. Its contents are not cleared.
 */
export class SamplePool implements StatsSource {
  /** What stats and errors call this pool. */
  readonly name: string
  readonly #settings: SamplePoolSettings
  readonly #buckets: readonly SampleBucket[]
  readonly #sizes: readonly number[]
  readonly #pattern: RequestPattern
  readonly #ledger: Ledger = new Ledger()
  /** View objects that were made ahead of requests. */
  #viewsAhead = 0
  #closed = false

  /** @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, and `ERR_POOL_EXHAUSTED` when the system or the slab has no such room */
  constructor(options: SamplePoolOptions = {}) {
    const settings = samplePoolSettings(options)
    this.#settings = settings
    this.name = settings.name
    this.#sizes = settings.buckets
    const buckets: SampleBucket[] = []
    this.#buckets = buckets
    try {
      for (const samples of settings.buckets) {
        buckets.push(new SampleBucket(this, samples, settings.blocks, settings.maxBlocks, settings.backing))
      }
    } catch (error) {
      // A slab that had room for some of them gets it back.
      this.destroy()
      throw error
    }
    this.#pattern = new RequestPattern(this.#buckets.length)
    this.#viewsAhead = settings.buckets.length * settings.blocks
  }

  /** Whether the pool was destroyed. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Takes a buffer of at least `samples`: the whole block of its bucket.
   * @param samples - 1 up to the largest bucket
   * @returns `undefined` when nothing is free and nothing may be added
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`
   */
  acquire(samples: number): Float32Array | undefined {
    const at = this.#bucketFor(samples)
    const view = this.#buckets[at]!.take() ?? this.#takeOtherwise(at)
    if (this.#pattern.note(at)) this.#review()
    return view
  }

  /**
   * Gives a buffer back: the very view that was handed out. Nobody may touch it afterwards. O(1).
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER`: the pool is then exactly as before
   */
  release(view: Float32Array): void {
    const segment = this.#segmentOf(view)
    if (segment === undefined) throw this.#ledger.refused(foreign(this, view))
    try {
      segment.giveBack(view)
    } catch (error) {
      throw this.#ledger.refused(error as Error)
    }
    segment.owner.freed(segment)
  }

  /**
   * The view of a buffer that is out, as it is now: the same one, unless a `WebAssembly.Memory` grew, which detaches it. O(1).
   * @throws `ERR_POOL_FOREIGN_BUFFER`; `ERR_POOL_DOUBLE_RELEASE` when it is free; `ERR_POOL_DETACHED_BUFFER`
   */
  refresh(view: Float32Array): Float32Array {
    return this.#mustBeOurs(view).refresh(view)
  }

  /**
   * The state of a buffer of this pool.
   * @throws `ERR_POOL_FOREIGN_BUFFER`
   */
  stateOf(view: Float32Array): SampleState {
    const segment = this.#mustBeOurs(view)
    return segment.stateOf(segment.indexOf(view))
  }

  /**
   * Adds a segment to the bucket that serves `samples`, ahead of need.
   * @returns false when it may not grow, or its memory has no more
   * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`
   */
  expand(samples: number): boolean {
    const expanded = this.#buckets[this.#bucketFor(samples)]!.expand()
    if (expanded) this.#viewsAhead += this.#settings.blocks
    return expanded
  }

  /**
   * Gives up every segment that is all free, but each bucket's first. Its memory goes to the collector, or back to the slab.
   * @returns the bytes given up
   */
  contract(): number {
    return this.#buckets.reduce((bytes, bucket) => bytes + bucket.contract(0), 0)
  }

  /** Brings free blocks into the order of addresses. They always are: returns the pairs that were not, which is 0. */
  coalesce(): number {
    return this.#segments().reduce((mended, segment) => mended + segment.coalesce().mendedPairs, 0)
  }

  /** Fragmentation in percent, as `BlockPool.getFragmentation` means it, over all buckets. */
  getFragmentation(): number {
    const free = this.#segments().reduce((sum, segment) => sum + segment.available, 0)
    const torn = this.#segments().reduce((sum, segment) => sum + (segment.getFragmentation() * segment.available) / 100, 0)
    return free === 0 ? 0 : (100 * torn) / free
  }

  /** What core's stats have no place for. */
  figures(): SampleFigures {
    const segments = this.#segments()
    const sum = (figure: (segment: SampleSegment) => number) => segments.reduce((total, segment) => total + figure(segment), 0)
    const { hitRatio } = this.stats()
    const [blocks, inUse, everTaken] = [sum((one) => one.blocks), sum((one) => one.inUse), sum((one) => one.everTaken)]
    const retired = this.#buckets.reduce((total, { retiredViews }) => total + retiredViews, 0)
    return Object.freeze({
      hitRate: hitRatio * 100,
      boundaryAllocations: sum((one) => one.viewsMade) + retired - this.#viewsAhead,
      states: Object.freeze({ allocated: blocks - everTaken, 'in-use': inUse, recycled: everTaken - inUse }),
      overhead: (100 * sum((one) => one.bookkeepingBytes + one.blocks)) / sum((one) => one.blocks * one.blockBytes),
      steadySamples: this.#buckets[this.#pattern.steadyBucket]?.samples
    })
  }

  /** A snapshot in the form of `@pool/core`, a size class for each bucket. Some µs. */
  stats(): PoolStats {
    const sizeClasses = this.#buckets.map((bucket) => this.#sizeClassStats(bucket))
    const sum = (figure: keyof SizeClassStats) => sizeClasses.reduce((total, stats) => total + stats[figure], 0)
    const bytes = (count: 'total' | 'inUse') => sizeClasses.reduce((total, stats) => total + stats[count] * stats.bufferSize, 0)
    const { maxBlocks, buckets } = this.#settings
    return statsOf(this, this.#ledger, {
      kind: 'sample',
      bufferSize: null,
      available: sum('available'),
      inUse: sum('inUse'),
      capacity: maxBlocks * buckets.length,
      peakInUse: sum('peakInUse'),
      acquisitions: sum('acquisitions'),
      misses: sum('misses'),
      discards: sum('discards'),
      bytesAllocated: sum('bytesAllocated'),
      bytesReused: sum('bytesReused'),
      liveBytes: bytes('total'),
      inUseBytes: bytes('inUse'),
      maxLiveBytes: buckets.reduce((total, samples) => total + samples * 4 * maxBlocks, 0),
      sizeClasses: Object.freeze(sizeClasses),
      fragmentation: this.getFragmentation(),
      efficiency: 100
    })
  }

  /**
   * Whether the pool serves, and what somebody should look at: a hit rate under 90 % (after 100 requests), fragmentation above 5 %, more
   * than 90 % in use.
   */
  healthCheck(): PoolHealth {
    const stats = this.stats()
    const health = healthOf(stats, { fragmentation: 5, utilization: 90 })
    if (stats.acquisitions < 100 || stats.hitRatio >= 0.9) return health
    const warning = `pool '${this.name}': only ${Math.floor(stats.hitRatio * 100)} % of the requests found a buffer ready. Raise blocks.`
    return Object.freeze({ ...health, warnings: Object.freeze([...health.warnings, warning]) })
  }

  /** Ends the pool. What is out may still be used and released. Doing it again does nothing. */
  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    for (const segment of this.#segments()) segment.destroy()
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

  #mustBeOurs(view: unknown): SampleSegment {
    const segment = this.#segmentOf(view)
    if (segment === undefined) throw foreign(this, view)
    return segment
  }

  #segments(): SampleSegment[] {
    return this.#buckets.flatMap(({ segments }) => segments)
  }

  #takeOtherwise(at: number): Float32Array | undefined {
    const { strategy } = this.#settings
    const bucket = this.#buckets[at] as SampleBucket
    const expandsFirst = strategy === 'exact' || (strategy === 'adaptive' && this.#pattern.steadyBucket === at)
    const spills = strategy !== 'exact'
    if (expandsFirst && bucket.expand()) return bucket.takeNew()
    const larger = spills ? this.#buckets.find((other, position) => position > at && other.available > 0) : undefined
    if (larger !== undefined) return larger.take()
    if (!expandsFirst && bucket.expand()) return bucket.takeNew()
    bucket.refusals++
    this.#ledger.exhausted()
    return undefined
  }

  /** The end of a period: an adaptive pool fits its buckets to what the last two needed. */
  #review(): void {
    // Plain loops, here and in contract(): it comes round every 256 requests, and is to allocate nothing either.
    for (let at = 0; at < this.#buckets.length; at++) {
      const bucket = this.#buckets[at] as SampleBucket
      const before = bucket.reviewedPeak
      const peak = bucket.review()
      if (this.#settings.strategy !== 'adaptive') continue
      if (this.#pattern.steadyBucket === at && peak > 0.75 * bucket.total) {
        if (bucket.expand()) this.#viewsAhead += this.#settings.blocks
      } else bucket.contract(Math.ceil(1.5 * Math.max(before, peak)))
    }
  }

  #sizeClassStats(bucket: SampleBucket): SizeClassStats {
    const { taken, misses, inUse, total } = bucket
    const bufferSize = bucket.samples * Float32Array.BYTES_PER_ELEMENT
    return Object.freeze({
      bufferSize,
      available: this.#closed ? 0 : total - inUse,
      inUse,
      total: this.#closed ? inUse : total,
      peakInUse: Math.max(bucket.peak, bucket.recentPeak),
      acquisitions: taken,
      releases: taken - inUse,
      hits: taken - misses,
      misses,
      discards: 0,
      exhaustions: bucket.refusals,
      leaked: 0,
      bytesAllocated: (total + bucket.contractions * this.#settings.blocks) * bufferSize,
      bytesReused: (taken - misses) * bufferSize,
      hitRatio: taken > 0 ? (taken - misses) / taken : 1
    })
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
