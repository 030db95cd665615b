import { randomFillSync } from 'node:crypto'
import {
  announcePool,
  assessHealth,
  type BufferSource,
  type PoolEvents,
  type PoolHealth,
  type PoolListener,
  type PoolObservable,
  type PoolStats,
  retirePool,
  type StatsSource,
  type WaitOptions
} from '@pool/core'
import * as check from '@pool/core/kit'
import { type NonSharedBuffer, useBuffer, useBufferSync } from '@pool/core/kit'
import type { SecureCapabilities } from './backing/backing.js'
import type { SecretLease } from './secrets/secret-bytes.js'
import { type SecureBufferPoolOptions, securePoolSettings } from './secure-pool-options.js'
import { foreign } from './vault/refusals.js'
import { type SecretBuffer, type SizeClass, sizeClassOf } from './vault/size-class.js'
import { SlotState } from './vault/slot.js'
import { snapshotOf } from './vault/snapshot.js'
import { Vault } from './vault/vault.js'

/**
 * Memory for secrets: of exactly the length asked for, shared with nothing else, overwritten before each use and after it, whichever way
 * it leaves.
 *
 * @example
 * ```ts
 * const pool = new SecureBufferPool()
 * await pool.withSecret(32, async (key) => {
 *   // the only 32 bytes that hold the key; wiped when this returns or throws
 * })
 * ```
 */
export class SecureBufferPool implements BufferSource<NonSharedBuffer>, StatsSource, PoolObservable {
  readonly #vault: Vault
  readonly #classes: readonly SizeClass[]
  readonly #oversize: SizeClass

  /**
   * Makes a pool. In guarded memory its first slab is made and locked at once, so that `capabilities()` is the truth from the start.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_SECURE_UNAVAILABLE` when `backing` is `'sodium'` and there is none;
   * `ERR_POOL_SECURE_UNLOCKED` when `require` is `'locked'` and the system refuses
   */
  constructor(options: SecureBufferPoolOptions = {}) {
    this.#vault = new Vault(securePoolSettings(options), this)
    this.#classes = this.#vault.classes
    this.#oversize = this.#vault.oversize
    announcePool(this)
  }

  /** The pool's name in errors, stats and metrics. */
  get name(): string {
    return this.#vault.name
  }

  /** The longest secret that this pool can ever serve, in bytes. */
  get maxBytes(): number {
    return this.#vault.settings.maxBytes
  }

  /** Whether this pool was destroyed. */
  get closed(): boolean {
    return this.#vault.closed
  }

  /**
   * Takes memory of exactly `bytes`, zeroed or filled with random bytes. It is yours until you hand this very buffer to `release`.
   * O(1), some ns and the time to fill it; some 40 ns more when its memory last served another length.
   * @param bytes - an integer in 1..maxBytes
   * @throws `ERR_POOL_EXHAUSTED`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`; `ERR_POOL_SECURE_UNLOCKED` when
   * more memory is needed, locked memory is required, and the system refuses it
   */
  acquire(bytes: number): NonSharedBuffer {
    return this.#classOf(bytes).take(bytes)
  }

  /** {@link SecureBufferPool.acquire}, by the name that Go's pools have. */
  get(bytes: number): NonSharedBuffer {
    return this.acquire(bytes)
  }

  #classOf(bytes: number): SizeClass {
    // An integer of 31 bits is one that `| 0` leaves alone; all else is looked at slowly.
    const index = typeof bytes === 'number' && (bytes | 0) === bytes && bytes > 0 ? (bytes <= 32 ? 0 : 27 - Math.clz32(bytes - 1)) : -1
    return this.#classes[index] ?? this.#vault.classFor(bytes)
  }

  /**
   * Takes memory as {@link SecureBufferPool.acquire} does, and waits its turn when a bound is reached: first come, first served.
   * @throws (rejects) `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_QUEUE_FULL`, the signal's reason, or as `acquire`
   */
  acquireAsync(bytes: number, options: WaitOptions = {}): Promise<NonSharedBuffer> {
    return this.#takeAsync(bytes, options)
  }

  async #takeAsync(bytes: number, options: WaitOptions): Promise<SecretBuffer> {
    const vault = this.#vault
    check.validOptions('options', options, ['timeoutMs', 'signal'])
    const timeoutMs = check.validTimeout('timeoutMs', options.timeoutMs, vault.settings.acquireTimeoutMs)
    const signal = check.optionalSignal(options.signal)
    const sizeClass = vault.classFor(bytes)
    signal?.throwIfAborted()
    return vault.takeOrWait(sizeClass, bytes, timeoutMs, signal)
  }

  /**
   * Overwrites a secret and takes its memory back: the very object that {@link SecureBufferPool.acquire} returned. It must not be touched
   * afterwards. The bytes are gone when this returns, and when it throws one of the last two errors.
   * @throws `ERR_POOL_DOUBLE_RELEASE`, `ERR_POOL_FOREIGN_BUFFER` (another pool's, a part, no buffer), `ERR_POOL_LEASED_BUFFER`: the pool
   * is then exactly as before. `ERR_POOL_SECURE_CANARY` when something wrote behind the secret, and `ERR_POOL_DETACHED_BUFFER` when its
   * memory was transferred away: the memory then no longer belongs to the pool.
   */
  release(secret: Buffer): void {
    if (!this.#oversize.putSibling(secret)) this.#releaseSlowly(secret)
  }

  /** {@link SecureBufferPool.release}, by the name that Go's pools have. */
  put(secret: Buffer): void {
    this.release(secret)
  }

  #releaseSlowly(secret: Buffer): void {
    const owner = sizeClassOf(secret)?.pool
    if (owner !== this.#vault) throw this.#vault.refuse(foreign(this.#vault.name, secret, owner instanceof Vault ? owner.name : undefined))
    this.#vault.attendRelease(secret as SecretBuffer, SlotState.Out)
  }

  /**
   * Leases exactly `bytes`. Costs a small object more than {@link SecureBufferPool.acquire}, and catches mistakes that it can't: a second
   * release after the memory has a new owner.
   * @throws as `acquire`
   */
  lease(bytes: number): SecretLease {
    return this.#classOf(bytes).lease(bytes)
  }

  /** Leases exactly `bytes`, waiting as {@link SecureBufferPool.acquireAsync} does. */
  async leaseAsync(bytes: number, options: WaitOptions = {}): Promise<SecretLease> {
    const secret = await this.#takeAsync(bytes, options)
    return (sizeClassOf(secret) as SizeClass).leaseOf(secret)
  }

  /**
   * Leases `bytes` random bytes of the system's generator: a token, a key, a salt. In random mode they come from the pool's reserve, each
   * byte once.
   * @throws as `acquire`
   */
  randomBytes(bytes: number): SecretLease {
    const lease = this.lease(bytes)
    if (this.#vault.settings.fill !== 'random') randomFillSync(lease.buffer)
    return lease
  }

  /**
   * Runs `fn` on memory of exactly `bytes`, and wipes it when the result of `fn` has settled. An error of `fn` is never hidden behind
   * one of the release. Copies that `fn` makes are its own.
   * @returns the result of `fn`
   * @throws (rejects) as `acquire` and `release`, or the error that `fn` throws
   */
  withSecret<T>(bytes: number, fn: (secret: NonSharedBuffer) => T | PromiseLike<T>): Promise<T> {
    return useBuffer(this, bytes, fn)
  }

  /**
   * Runs `fn` on memory of exactly `bytes`, and wipes it before returning.
   * @returns the result of `fn`
   * @throws as `acquire` and `release`, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` returns a promise
   */
  withSecretSync<T>(bytes: number, fn: (secret: NonSharedBuffer) => T): T {
    return useBufferSync(this, bytes, fn)
  }

  /** The properties of the memory, found out by trying, not by asking. Some 15 µs, 50 µs while nothing is allocated. */
  capabilities(): SecureCapabilities {
    return this.#vault.backing.capabilities()
  }

  /**
   * Gives up all idle memory at once: to the collector, or, where it is guarded, to the system.
   * @returns the bytes given up
   */
  trim(): number {
    return this.#vault.trim()
  }

  /** A snapshot of the pool's figures, made on each call. Some µs. */
  stats(): PoolStats {
    return snapshotOf(this.#vault)
  }

  /** Whether the pool serves, and states that deserve a look. */
  healthCheck(): PoolHealth {
    return assessHealth(this.stats())
  }

  on<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#vault.events.on(event, listener)
    return this
  }

  off<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#vault.events.off(event, listener)
    return this
  }

  once<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this {
    this.#vault.events.once(event, listener)
    return this
  }

  /**
   * Gives up all idle memory and rejects every waiting acquire. Secrets that are out may still be used and released, and are wiped then. A
   * second call does nothing.
   */
  destroy(): void {
    this.#vault.destroy()
    retirePool(this)
  }

  /** Destroys the pool. */
  [Symbol.dispose](): void {
    this.destroy()
  }
}
