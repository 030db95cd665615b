import { constants } from 'node:buffer'
import { type ArenaSettings, arenaSettings } from '../arena/arena-settings.js'
import type { SizeClass } from '../arena/size-class.js'
import type { WaitOptions } from '../interfaces/buffer-source.js'
import * as check from '../kit/checks.js'
import { useBuffer, useBufferSync } from '../kit/leases/scoped-use.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import type { PooledLease } from './pool.js'
import { arenaOf, Pool } from './pool.js'
import { type PoolOptions, poolOptionNames } from './pool-options.js'

/** The options of a {@link BufferPool}. */
export interface BufferPoolOptions extends PoolOptions {
  /** Bytes of each buffer. Default 8192. */
  readonly bufferSize?: number
  /**
   * Buffers made at once, and never trimmed. Default 16, or as many as `maxSize` and the bounds in bytes allow; `maxSize` where
   * `autoScale` is false.
   */
  readonly initialSize?: number
  /** The most buffers alive at once. Default 1024, or `initialSize` where that is more. */
  readonly maxSize?: number
}

/**
 * Buffers of one size, bounded, checked, and given back when idle.
 *
 * @example
 * ```ts
 * const pool = new BufferPool({ bufferSize: 64 * 1024, maxSize: 500 })
 * const buffer = pool.acquire()
 * try {
 *   // yours until the release
 * } finally {
 *   pool.release(buffer)
 * }
 * ```
 */
export class BufferPool extends Pool {
  readonly #sizeClass: SizeClass
  readonly #bufferSize: number

  /**
   * Makes a pool and its first `initialSize` buffers.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option, before anything is allocated
   */
  constructor(options: BufferPoolOptions = {}) {
    super(bufferPoolSettings(options))
    this.#sizeClass = arenaOf(this).classes[0] as SizeClass
    this.#bufferSize = this.#sizeClass.bufferSize
  }

  /** Bytes of each buffer. */
  get bufferSize(): number {
    return this.#bufferSize
  }

  /**
   * Takes a buffer of {@link BufferPool.bufferSize} bytes. It is yours until you hand it to `release`. O(1), some ns; an
   * allocation when nothing is free.
   * @param minBytes - bytes that it must have at least, 1..bufferSize. Default: any.
   * @throws `ERR_POOL_EXHAUSTED` when `maxSize` or `maxLiveBytes` is reached; `ERR_POOL_CLOSED`; `ERR_POOL_TOO_LARGE`;
   * `ERR_POOL_INVALID_OPTION`
   */
  acquire(minBytes?: number): NonSharedBuffer {
    if (minBytes !== undefined && minBytes !== this.#bufferSize) arenaOf(this).classFor(minBytes)
    return this.#sizeClass.take(0)
  }

  override release(buffer: Buffer): void {
    if (!this.#sizeClass.put(buffer)) super.release(buffer)
  }

  /** Waits for a buffer; see {@link Pool.acquireAsync}. */
  override acquireAsync(options?: WaitOptions): Promise<NonSharedBuffer>
  /** Waits for a buffer of at least `minBytes`. */
  override acquireAsync(minBytes: number, options?: WaitOptions): Promise<NonSharedBuffer>
  override acquireAsync(first?: number | WaitOptions, second?: WaitOptions): Promise<NonSharedBuffer> {
    return super.acquireAsync(...this.#waitArguments(first, second))
  }

  /** The arguments of a wait, whose size may be left out: the size, and the options. */
  #waitArguments(first: number | WaitOptions | undefined, second: WaitOptions | undefined): [number, WaitOptions | undefined] {
    const isOptions = first === undefined || (typeof first === 'object' && first !== null)
    return isOptions ? [this.bufferSize, first ?? second] : [first, second]
  }

  /** Leases exactly `bytes`, or the whole buffer; see {@link Pool.lease}. */
  override lease(bytes: number = this.bufferSize): PooledLease {
    return super.lease(bytes)
  }

  /** Leases the whole buffer, and waits its turn; see {@link Pool.leaseAsync}. */
  override leaseAsync(options?: WaitOptions): Promise<PooledLease>
  /** Leases exactly `bytes`, and waits its turn. */
  override leaseAsync(bytes: number, options?: WaitOptions): Promise<PooledLease>
  override leaseAsync(first?: number | WaitOptions, second?: WaitOptions): Promise<PooledLease> {
    return super.leaseAsync(...this.#waitArguments(first, second))
  }

  /**
   * Runs `fn` on a buffer and releases it when the result of `fn` has settled. An error of `fn` is never hidden behind one of the
   * release.
   * @returns the result of `fn`
   * @throws (rejects) as {@link BufferPool.acquire}, or the error that `fn` throws
   */
  withBuffer<T>(fn: (buffer: NonSharedBuffer) => T | PromiseLike<T>): Promise<T> {
    return useBuffer(this, this.#bufferSize, fn)
  }

  /**
   * Runs `fn` on a buffer and releases it when `fn` has returned.
   * @returns the result of `fn`
   * @throws as {@link BufferPool.acquire}, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` returns a promise
   */
  withBufferSync<T>(fn: (buffer: NonSharedBuffer) => T): T {
    return useBufferSync(this, this.#bufferSize, fn)
  }

  /**
   * Allocates until `count` buffers lie idle, or a bound is reached.
   * @returns how many lie idle
   * @throws `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`
   */
  warm(count: number): number {
    check.validInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    return arenaOf(this).warm(this.#sizeClass, count)
  }
}

/** The names of {@link BufferPoolOptions}. */
export const bufferPoolOptionNames = ['bufferSize', 'initialSize', 'maxSize', ...poolOptionNames] as const

/** The settings of a {@link BufferPool} with those options. */
export function bufferPoolSettings(options: BufferPoolOptions): ArenaSettings {
  check.validOptions('options', options, bufferPoolOptionNames)
  const { bufferSize = 8192, autoScale = true, initialSize, maxSize } = options
  check.validInteger('bufferSize', bufferSize, 1, Math.min(2 ** 30, constants.MAX_LENGTH))
  if (initialSize !== undefined) check.validInteger('initialSize', initialSize, 0, maxCount)
  if (maxSize !== undefined) check.validInteger('maxSize', maxSize, 1, maxCount)
  const most = maxSize ?? Math.max(1024, initialSize ?? 0)
  const reserve = initialSize ?? (autoScale ? Math.min(16, most) : most)
  const reserveIsDefault = initialSize === undefined && autoScale
  return arenaSettings({ kind: 'buffer', sizes: [bufferSize], maxBytes: bufferSize, reserve, reserveIsDefault, maxSize: most }, options)
}

const maxCount = 2 ** 30
