import { Arena } from '../arena/arena.js'
import type { ArenaSettings } from '../arena/arena-settings.js'
import { BufferState } from '../arena/buffer-record.js'
import * as refusals from '../arena/refusals.js'
import { put, type SizeClass, sizeClassOf } from '../arena/size-class.js'
import type { SizeClassTable } from '../arena/size-class-table.js'
import { snapshotOf } from '../arena/snapshot.js'
import type { BufferSource, WaitOptions } from '../interfaces/buffer-source.js'
import type { PoolEvents, PoolListener, PoolObservable } from '../interfaces/observer.js'
import type { PoolHealth, PoolStats, StatsSource } from '../interfaces/stats-source.js'
import * as check from '../kit/checks.js'
import { PooledLease as KitLease } from '../kit/leases/pooled-lease.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import { assessHealth } from '../kit/observing/health.js'
import { announcePool, retirePool } from '../kit/observing/pool-directory.js'

/** A lease of a pool's memory; see {@link Pool.lease}. It is safe since each lease is an object: once released, it has nothing left to release. */
export type PooledLease = KitLease<NonSharedBuffer, NonSharedBuffer>
/** The class of all leases that pools make. */
export const PooledLease: typeof KitLease = KitLease

/** The arena of a pool, for the classes of this package only. */
export let arenaOf: (pool: Pool) => Arena

/**
 * The methods of every pool of this package. Not a pool by itself: make a {@link BufferPool}, a {@link SizeClassPool} or an
 * {@link UnpooledPool}.
 */
export abstract class Pool implements BufferSource<NonSharedBuffer>, StatsSource, PoolObservable {
  readonly #arena: Arena
  readonly #table: SizeClassTable<SizeClass>
  readonly #out: number
  readonly #acquireTimeoutMs: number

  static {
    arenaOf = (pool) => pool.#arena
  }

  /** @internal */
  protected constructor(settings: ArenaSettings) {
    this.#arena = new Arena(settings, this)
    this.#table = this.#arena.table
    this.#out = this.#arena.out
    this.#acquireTimeoutMs = settings.acquireTimeoutMs
    announcePool(this)
  }

  /** The pool's name in errors, stats and metrics. */
  get name(): string {
    return this.#arena.name
  }

  /** The most bytes that one acquire can ever get. */
  get maxBytes(): number {
    return this.#arena.maxBytes
  }

  /** Whether this pool was destroyed. */
  get closed(): boolean {
    return this.#arena.closed
  }

  /** Takes a buffer of at least `minBytes`; see each pool. */
  abstract acquire(minBytes: number): NonSharedBuffer

  /**
   * Gives a buffer back: the very object that {@link Pool.acquire} returned. It must not be touched afterwards. O(1), some ns,
   * and the time to clear it where the pool clears on release.
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER` (another pool's, a subarray, no buffer), `ERR_POOL_LEASED_BUFFER`:
   * the pool is then exactly as before. `ERR_POOL_DETACHED_BUFFER` when the memory was transferred away: it is then no longer the pool's.
   */
  release(buffer: Buffer): void {
    if (!put(buffer, this.#out)) this.#releaseSlowly(buffer)
  }

  #releaseSlowly(buffer: Buffer): void {
    const owner = sizeClassOf(buffer)?.arena
    if (owner !== this.#arena) throw this.#arena.refuse(refusals.foreign(this.#arena, buffer, owner))
    this.#arena.attendRelease(buffer as NonSharedBuffer, BufferState.Out)
  }

  /**
   * Takes a buffer of at least `minBytes`, and waits its turn when nothing is free: first come, first served.
   * @param minBytes - bytes, an integer in 1..maxBytes
   * @throws (rejects) `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_QUEUE_FULL`, the signal's reason, `ERR_POOL_CLOSED` when the pool is
   * destroyed meanwhile, `ERR_POOL_EXHAUSTED` when the system has no more memory, `ERR_POOL_TOO_LARGE`, `ERR_POOL_INVALID_OPTION`
   */
  acquireAsync(minBytes: number, options?: WaitOptions): Promise<NonSharedBuffer> {
    try {
      const taken = this.#takeOrWait(minBytes, options)
      return taken instanceof Promise ? taken : Promise.resolve(taken)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** A buffer where there is one, which costs no wait, and else a promise. */
  #takeOrWait(minBytes: number, options: WaitOptions | undefined): NonSharedBuffer | Promise<NonSharedBuffer> {
    const arena = this.#arena
    if (options === undefined) return arena.takeOrWait(arena.classFor(minBytes), minBytes, this.#acquireTimeoutMs, undefined)
    check.validOptions('options', options, ['timeoutMs', 'signal'])
    const timeoutMs = check.validTimeout('timeoutMs', options.timeoutMs, this.#acquireTimeoutMs)
    const signal = check.optionalSignal(options.signal)
    const sizeClass = arena.classFor(minBytes)
    signal?.throwIfAborted()
    return arena.takeOrWait(sizeClass, minBytes, timeoutMs, signal)
  }

  /**
   * Leases exactly `bytes`. Costs a small object more than {@link Pool.acquire}, and a new view when the size differs from that
   * of the memory's last lease.
   * @param bytes - an integer in 1..maxBytes
   * @throws as `acquire`
   */
  lease(bytes: number): PooledLease {
    const whole = this.#table.find(bytes).take(bytes)
    const sizeClass = sizeClassOf(whole) as SizeClass
    return new PooledLease(sizeClass, whole, sizeClass.leasedView(whole, bytes))
  }

  /** Leases exactly `bytes`, waiting as {@link Pool.acquireAsync} does. */
  async leaseAsync(bytes: number, options?: WaitOptions): Promise<PooledLease> {
    const whole = await this.acquireAsync(bytes, options)
    const sizeClass = sizeClassOf(whole) as SizeClass
    return new PooledLease(sizeClass, whole, sizeClass.leasedView(whole, bytes))
  }

  /**
   * Gives idle buffers to the collector down to the reserve, at once.
   * @returns the bytes given up
   */
  trim(): number {
    return this.#arena.caretaker.trim('critical')
  }

  /** A snapshot of the pool's figures, made on each call. Some µs. */
  stats(): PoolStats {
    return snapshotOf(this.#arena)
  }

  /** Whether the pool serves, with a warning for each thing that needs attention. */
  healthCheck(): PoolHealth {
    return assessHealth(this.stats())
  }

  on<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#arena.events.on(event, listener)
    return this
  }

  off<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#arena.events.off(event, listener)
    return this
  }

  once<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#arena.events.once(event, listener)
    return this
  }

  /**
   * Gives up all idle memory, cleared, and rejects every waiting acquire. Buffers that are out may still be used and released. A second
   * call does nothing.
   */
  destroy(): void {
    this.#arena.destroy()
    retirePool(this)
  }

  /** Destroys the pool. */
  [Symbol.dispose](): void {
    this.destroy()
  }
}
