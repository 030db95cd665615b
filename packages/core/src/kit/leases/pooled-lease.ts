import type { Lease } from '../../interfaces/buffer-source.js'
import { invalid, isThenable } from '../checks.js'
import { PoolError } from '../errors.js'

/** The keeper of the memory behind leases: a size class, a slot, a block. */
export interface LeaseKeeper<M> {
  /** One lease of `memory` is over. The keeper takes it back with the last. May throw, as a release does. */
  takeBack(memory: M): void
  /** `memory` has one lease more. */
  share(memory: M): void
  /** `memory` must not be used again once its last lease is over. */
  quarantine(memory: M): void
  /** Counts a second release of a lease; returns its error. */
  releasedTwice(): Error
  /** Returns the error of a use after the release. */
  usedAfterRelease(): Error
  /** A release at the end of a scope threw, where an error must not hide one that is on its way. */
  failedQuietly?(error: unknown): void
}

/**
 * A lease of memory that a {@link LeaseKeeper} keeps: the one implementation of {@link Lease} for memory that is counted. A lease costs one
 * object; its hot path asks the keeper once. A class derived from it has the same constructor, which `retain` calls.
 *
 * ```
 *   PooledLease ─┬─ view     the bytes that the user sees
 *              └─ memory   the memory that the keeper gets back: undefined once the lease is over
 * ```
 */
export class PooledLease<B extends Uint8Array = Uint8Array, M extends object = object> implements Lease<B> {
  readonly #keeper: LeaseKeeper<M>
  #memory: M | undefined
  #view: B | undefined
  #pending: Promise<unknown> | undefined = undefined

  /** A lease of `view`, a part or all of `memory`, which the keeper has counted as leased once. */
  constructor(keeper: LeaseKeeper<M>, memory: M, view: B) {
    this.#keeper = keeper
    this.#memory = memory
    this.#view = view
  }

  get buffer(): B {
    if (this.#view === undefined) throw this.#keeper.usedAfterRelease()
    return this.#view
  }

  get released(): boolean {
    return this.#memory === undefined
  }

  release(): void {
    const memory = this.#memory
    if (memory === undefined) throw this.#keeper.releasedTwice()
    this.#memory = undefined
    // A released lease that is kept must keep nothing else alive: the pool may give the memory up, or find its next owner lost.
    this.#view = undefined
    this.#keeper.takeBack(memory)
  }

  discard(): void {
    if (this.#memory !== undefined) this.#keeper.quarantine(this.#memory)
    this.release()
  }

  retain(): PooledLease<B, M> {
    const memory = this.#open()
    this.#keeper.share(memory)
    return new (this.constructor as typeof PooledLease<B, M>)(this.#keeper, memory, this.#view as B)
  }

  /**
   * Ends `lease` and gives another in its place, of the same bytes. The keeper is asked nothing, since as many are leased as before.
   * @throws the keeper's error of a use after the release
   */
  static moved<B extends Uint8Array, M extends object>(lease: PooledLease<B, M>): PooledLease<B, M> {
    const memory = lease.#open()
    const next = new PooledLease<B, M>(lease.#keeper, memory, lease.#view as B)
    lease.#memory = undefined
    lease.#view = undefined
    return next
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    const memory = this.#open()
    if (!isThenable(pending)) throw invalid('pending', 'a promise', pending)
    // Reading a foreign `then` may throw, so nothing is retained before.
    const settling = new Promise<T>((resolve) => resolve(pending))
    const handle = this.retain()
    const settled = settling.then(
      (value) => {
        handle[Symbol.dispose]()
        return value
      },
      (error: unknown) => {
        this.#keeper.quarantine(memory)
        handle[Symbol.dispose]()
        throw error
      }
    )
    // A chain of nothing, so that a lease that is held often keeps no results.
    this.#pending = Promise.allSettled([this.#pending, settled]).then(() => {})
    return settled
  }

  [Symbol.dispose](): void {
    if (this.#memory === undefined) return
    try {
      this.release()
    } catch (error) {
      this.#keeper.failedQuietly?.(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let seen: Promise<unknown> | undefined
    do {
      seen = this.#pending
      await seen
      // The lease may have been held for more meanwhile.
    } while (seen !== this.#pending)
    this[Symbol.dispose]()
  }

  #open(): M {
    if (this.#memory === undefined) throw this.#keeper.usedAfterRelease()
    return this.#memory
  }
}

const collected: LeaseKeeper<object> = {
  takeBack() {},
  share() {},
  quarantine() {},
  releasedTwice: () => new PoolError('ERR_POOL_DOUBLE_RELEASE', 'this lease was released before. Release each lease once.'),
  usedAfterRelease: () => new PoolError('ERR_POOL_LEASE_RELEASED', 'this lease was released. Release it after the last use.')
}

/**
 * A lease of memory that belongs to no pool, such as bytes that are too few to be worth one, or none at all: `plainLease(Buffer.alloc(0))`.
 * It keeps the contract of a pool's lease, so its user need not ask where it came from; the collector takes the memory.
 * @param view - the bytes; the caller gives them up
 */
export function plainLease<B extends Uint8Array>(view: B): PooledLease<B, object> {
  return new PooledLease<B, object>(collected, collected, view)
}
