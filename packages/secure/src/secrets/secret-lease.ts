import type { Lease, PoolError } from '@pool/core'
import { invalid, isThenable } from '@pool/core/validate'
import { type SecretBuffer, type SizeClass, sizeClassOf, slotOf } from '../vault/size-class.js'
import { SlotState } from '../vault/slot.js'

/**
 * A lease of a secret's memory: exactly the bytes asked for, wiped when the last lease of it is released. Bind it with `using`, or
 * release it in a `finally`.
 */
export class SecretLease implements Lease<Buffer> {
  #view: SecretBuffer | undefined
  readonly #sizeClass: SizeClass
  #pending: Promise<unknown> | undefined = undefined

  /** @internal */
  constructor(view: SecretBuffer) {
    this.#view = view
    this.#sizeClass = sizeClassOf(view) as SizeClass
    slotOf(view).state = SlotState.Leased
  }

  get buffer(): Buffer {
    return this.#open()
  }

  get released(): boolean {
    return this.#view === undefined
  }

  release(): void {
    const view = this.#view
    if (view === undefined) throw this.#sizeClass.pool.releasedTwice()
    this.#view = undefined
    if (!this.#sizeClass.putLeased(view) && !othersHold(view)) this.#sizeClass.pool.attendRelease(view, SlotState.Leased)
  }

  discard(): void {
    if (this.#view !== undefined) slotOf(this.#view).quarantined = true
    this.release()
  }

  retain(): SecretLease {
    const view = this.#open()
    const slot = slotOf(view)
    slot.holds = Math.max(slot.holds, 1) + 1
    return new SecretLease(view)
  }

  hold<T>(pending: PromiseLike<T>): Promise<T> {
    const view = this.#open()
    if (!isThenable(pending)) throw invalid('pending', 'a promise', pending)
    // Asks for its `then`, which may throw, so before anything is counted.
    const settling = Promise.resolve(pending)
    const handle = this.retain()
    const settled = settling.then(
      (value) => {
        handle[Symbol.dispose]()
        return value
      },
      (error: unknown) => {
        slotOf(view).quarantined = true
        handle[Symbol.dispose]()
        throw error
      }
    )
    // A chain of nothing, so that a lease that is held often keeps no results.
    this.#pending = Promise.allSettled([this.#pending, settled]).then(() => {})
    return settled
  }

  /**
   * Releases the lease unless that was done; never throws. An overrun or a transfer that the release finds is told as a warning of the
   * process, with the code that `release` would have thrown.
   */
  [Symbol.dispose](): void {
    if (this.#view === undefined) return
    try {
      this.release()
    } catch (error) {
      process.emitWarning(error as PoolError)
    }
  }

  /** Waits for all that this lease is held for, then releases it unless that was done; never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pending
    this[Symbol.dispose]()
  }

  #open(): SecretBuffer {
    if (this.#view === undefined) throw this.#sizeClass.pool.usedAfterRelease()
    return this.#view
  }
}

function othersHold(view: SecretBuffer): boolean {
  const slot = slotOf(view)
  if (slot.holds > 0) slot.holds--
  return slot.holds > 0
}
