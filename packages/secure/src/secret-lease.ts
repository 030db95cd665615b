import type { Lease } from '@pool/core'
import { type SecretBuffer, type SizeClass, sizeClassOf, slotOf } from './size-class.js'
import { SlotState } from './slot-state.js'

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
    const handle = this.retain()
    const settled = Promise.resolve(pending).then(
      (value) => {
        handle.release()
        return value
      },
      (error: unknown) => {
        handle.discard()
        throw error
      }
    )
    this.#pending = Promise.allSettled([this.#pending, settled])
    return settled
  }

  [Symbol.dispose](): void {
    if (this.#view !== undefined) this.release()
  }

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
