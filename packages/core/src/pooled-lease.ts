import type { Arena } from './arena.js'
import { BufferState } from './buffer-state.js'
import type { Lease } from './interfaces/buffer-source.js'
import * as refusals from './refusals.js'
import { recordOf, type SizeClass, setState, stateOf } from './size-class.js'
import { invalid, isThenable } from './validate.js'

/** A lease of a pool's memory. One object per lease is what makes it safe: once released, it has nothing left to release. */
export class PooledLease implements Lease<Buffer> {
  readonly #sizeClass: SizeClass
  #whole: Buffer | undefined
  readonly #view: Buffer
  #pending: Promise<unknown> | undefined = undefined

  /**
   * A lease of `view`, a part or all of `whole`, which is in the state Leased. Pools make leases; see {@link Pool.lease}.
   * @internal
   */
  constructor(sizeClass: SizeClass, whole: Buffer, view: Buffer) {
    this.#sizeClass = sizeClass
    this.#whole = whole
    this.#view = view
  }

  get buffer(): Buffer {
    this.#open()
    return this.#view
  }

  get released(): boolean {
    return this.#whole === undefined
  }

  release(): void {
    const whole = this.#whole
    if (whole === undefined) throw arenaOf(this.#sizeClass).refuse(refusals.leaseReleasedTwice(arenaOf(this.#sizeClass)))
    this.#whole = undefined
    if (!this.#sizeClass.putLeased(whole) && !othersHold(whole)) arenaOf(this.#sizeClass).attendRelease(whole, BufferState.Leased)
  }

  discard(): void {
    const whole = this.#whole
    if (whole !== undefined) {
      recordOf(whole).quarantined = true
      watch(whole)
    }
    this.release()
  }

  retain(): PooledLease {
    const whole = this.#open()
    const record = recordOf(whole)
    record.holds = Math.max(record.holds, 1) + 1
    watch(whole)
    return new PooledLease(this.#sizeClass, whole, this.#view)
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    const whole = this.#open()
    if (!isThenable(pending)) throw invalid('pending', 'a promise', pending)
    // Reading what is not ours may throw; so nothing is retained before.
    const settling = new Promise<T>((resolve) => resolve(pending))
    const handle = this.retain()
    const settled = settling.then(
      (value) => {
        handle[Symbol.dispose]()
        return value
      },
      (error: unknown) => {
        recordOf(whole).quarantined = true
        handle[Symbol.dispose]()
        throw error
      }
    )
    // A chain of nothing, so that a lease that is held often keeps no results.
    this.#pending = Promise.allSettled([this.#pending, settled]).then(() => {})
    return settled
  }

  [Symbol.dispose](): void {
    if (this.#whole === undefined) return
    try {
      this.release()
    } catch {
      // The memory was transferred away, and the pool has let go of it and counted that; at the end of a scope an error that is on its
      // way says more.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let seen: Promise<unknown> | undefined
    do {
      seen = this.#pending
      await seen
      // It may have been held for more meanwhile.
    } while (seen !== this.#pending)
    this[Symbol.dispose]()
  }

  #open(): Buffer {
    if (this.#whole === undefined) throw refusals.leaseReleased(arenaOf(this.#sizeClass))
    return this.#whole
  }
}

function watch(whole: Buffer): void {
  setState(whole, stateOf(whole) | BufferState.Watched)
}

function othersHold(whole: Buffer): boolean {
  const record = recordOf(whole)
  if (record.holds > 0) record.holds--
  return record.holds > 0
}

function arenaOf(sizeClass: SizeClass): Arena {
  return sizeClass.arena as Arena
}
