import { type ArenaSettings, arenaSettings } from '../arena/arena-settings.js'
import { spacedSizes } from '../arena/size-class-table.js'
import type { SizeSamples } from '../arena/size-samples.js'
import type { SizeHistogram, SizeHistogramSource } from '../interfaces/size-histogram.js'
import * as check from '../kit/checks.js'
import { PoolError } from '../kit/errors.js'
import { useBuffer, useBufferSync } from '../kit/leases/scoped-use.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import { arenaOf, Pool } from './pool.js'
import { type PoolOptions, poolOptionNames } from './pool-options.js'

/** The options of a {@link SizeClassPool}. */
export interface SizeClassPoolOptions extends PoolOptions {
  /** Bytes of the smallest class. Default 256. */
  readonly minClassBytes?: number
  /** Bytes of the largest class. Default 1 MiB. */
  readonly maxClassBytes?: number
  /**
   * Size classes to each doubling. 1: powers of two, which waste up to half of a buffer, a quarter on average; 4: which waste up to
   * a fifth, 8 % on average, with four times as many classes to keep warm. Default 1.
   */
  readonly classesPerDoubling?: 1 | 4
  /** Your own classes instead: bytes, ascending, up to 128 of them. */
  readonly sizes?: readonly number[]
  /**
   * Whether the pool chooses its classes anew as the requested sizes change: at the trim timer, between its smallest and its largest class. It
   * keeps the classes that it began with, and adds up to as many. Needs `autoScale` and a `shrinkInterval`. Default false.
   */
  readonly adapt?: boolean
  /** How requests above the largest class are served. `'unpooled'`: allocated, counted, never kept; `'refuse'`: refused. Default `'unpooled'`. */
  readonly oversize?: 'unpooled' | 'refuse'
  /** Buffers of each class made at once, and never trimmed. Default 0; at least 1 where `autoScale` is false. */
  readonly initialSize?: number
  /** The most buffers of each class alive at once. Default 1024. */
  readonly maxSize?: number
}

/**
 * Buffers of any size, out of size classes: an acquire gets the smallest class that is large enough.
 *
 * @example
 * ```ts
 * const pool = new SizeClassPool({ maxClassBytes: 1024 * 1024, maxLiveBytes: 64 * 1024 * 1024 })
 * const buffer = pool.acquire(5000) // 8192 bytes
 * pool.release(buffer)
 * ```
 */
export class SizeClassPool extends Pool implements SizeHistogramSource {
  readonly #arena = arenaOf(this)
  readonly #table = arenaOf(this).table

  /**
   * Makes a pool, and `initialSize` buffers of each class.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option, before anything is allocated
   */
  constructor(options: SizeClassPoolOptions = {}) {
    super(settingsOf(options))
  }

  /** Bytes of each size class now, ascending. */
  get sizes(): readonly number[] {
    return this.#arena.sizes
  }

  /**
   * The sizes that were asked for, those above the largest class among them. They count since the pool was made; where it adapts, the recent ones
   * outweigh the others, since it halves all earlier counts at each interval of trimming. Estimated from samples, at no cost to the hot path.
   * `recommend` of `@pool/core/recommend` reads it. Some 20 µs.
   */
  requestedSizes(): SizeHistogram {
    return (this.#arena.samples as SizeSamples).read()
  }

  /**
   * Takes a buffer of at least `minBytes`. It is yours until you hand it to `release`. O(1), some ns; an allocation when its
   * class has nothing free.
   * @param minBytes - bytes, an integer in 1..maxBytes
   * @throws `ERR_POOL_EXHAUSTED` when `maxSize` or `maxLiveBytes` is reached; `ERR_POOL_CLOSED`; `ERR_POOL_TOO_LARGE`;
   * `ERR_POOL_INVALID_OPTION`
   */
  acquire(minBytes: number): NonSharedBuffer {
    return this.#table.find(minBytes).take(minBytes)
  }

  /** {@link SizeClassPool.acquire}, by the name that Go's pools have. */
  get(minBytes: number): NonSharedBuffer {
    return this.acquire(minBytes)
  }

  /** {@link Pool.release}, by the name that Go's pools have. */
  put(buffer: Buffer): void {
    this.release(buffer)
  }

  /**
   * Runs `fn` on a buffer of at least `minBytes` and releases it when the result of `fn` has settled. An error of `fn` is never
   * hidden behind one of the release.
   * @returns the result of `fn`
   * @throws (rejects) as {@link SizeClassPool.acquire}, or the error that `fn` throws
   */
  withBuffer<T>(minBytes: number, fn: (buffer: NonSharedBuffer) => T | PromiseLike<T>): Promise<T> {
    return useBuffer(this, minBytes, fn)
  }

  /**
   * Runs `fn` on a buffer of at least `minBytes` and releases it when `fn` has returned.
   * @returns the result of `fn`
   * @throws as {@link SizeClassPool.acquire}, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` returns a promise
   */
  withBufferSync<T>(minBytes: number, fn: (buffer: NonSharedBuffer) => T): T {
    return useBufferSync(this, minBytes, fn)
  }

  /**
   * Allocates until `count` buffers of each class, or of the one that serves `minBytes`, lie idle, or a bound is reached.
   * @returns how many lie idle in those classes
   * @throws `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`
   */
  warm(count: number, minBytes?: number): number {
    check.validInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    const arena = this.#arena
    const classes = minBytes === undefined ? arena.classes : [arena.classFor(minBytes)]
    return classes.reduce((idle, sizeClass) => idle + (sizeClass === arena.oversize ? 0 : arena.warm(sizeClass, count)), 0)
  }
}

const maxCount = 2 ** 30
const maxSizeBytes = 2 ** 30

function settingsOf(options: SizeClassPoolOptions): ArenaSettings {
  check.validOptions('options', options, [
    ...['minClassBytes', 'maxClassBytes', 'classesPerDoubling', 'sizes', 'adapt', 'oversize', 'initialSize', 'maxSize'],
    ...poolOptionNames
  ])
  const { initialSize = 0, maxSize = 1024, oversize = 'unpooled', adapt: adapts = false } = options
  check.validInteger('maxSize', maxSize, 1, maxCount)
  check.validInteger('initialSize', initialSize, 0, maxCount)
  check.validChoice('oversize', oversize, ['unpooled', 'refuse'])
  check.validBoolean('adapt', adapts)
  if (adapts && (options.autoScale === false || options.shrinkInterval === 0)) {
    throw new PoolError('ERR_POOL_INVALID_OPTION', 'adapt needs autoScale, and a shrinkInterval above 0, at which it chooses classes.')
  }
  const sizes = sizesOf(options)
  const maxBytes = oversize === 'refuse' ? (sizes.at(-1) as number) : Number.POSITIVE_INFINITY
  const shape = { kind: 'size-class', sizes, maxBytes, reserve: initialSize, reserveIsDefault: false, maxSize, samplesSizes: true, adapts }
  return arenaSettings(shape, options)
}

function sizesOf(options: SizeClassPoolOptions): readonly number[] {
  const { sizes, minClassBytes = 256, classesPerDoubling = 1 } = options
  if (sizes !== undefined) {
    for (const other of ['minClassBytes', 'maxClassBytes', 'classesPerDoubling'] as const) {
      if (options[other] !== undefined) throw new PoolError('ERR_POOL_INVALID_OPTION', `sizes and ${other} exclude each other.`)
    }
    if (!Array.isArray(sizes) || sizes.length === 0 || sizes.length > 128)
      throw check.invalid('sizes', 'a list of 1 to 128 sizes in bytes', sizes)
    // A copy, because it has no holes and can not be changed.
    const own: readonly number[] = Object.freeze([...sizes])
    for (const [index, size] of own.entries()) {
      check.validInteger(`sizes[${index}]`, size, index === 0 ? 1 : (own[index - 1] as number) + 1, maxSizeBytes)
    }
    return own
  }
  if (classesPerDoubling !== 1 && classesPerDoubling !== 4) throw check.invalid('classesPerDoubling', '1 or 4', classesPerDoubling)
  check.validInteger('minClassBytes', minClassBytes, 1, maxSizeBytes)
  const { maxClassBytes = Math.max(1024 * 1024, minClassBytes) } = options
  check.validInteger('maxClassBytes', maxClassBytes, minClassBytes, maxSizeBytes)
  return Object.freeze(spacedSizes(minClassBytes, maxClassBytes, classesPerDoubling))
}
