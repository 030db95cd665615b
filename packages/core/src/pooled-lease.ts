import type { Arena } from './arena.js'
import { BufferState } from './buffer-state.js'
import type { Lease } from './interfaces/buffer-source.js'
import * as refusals from './refusals.js'
import { recordOf, type SizeClass, setState, stateOf } from './size-class.js'

/** A lease of a pool's memory. One object per lease is what makes it safe: once released, it has nothing left to release. */
export class PooledLease implements Lease<Buffer> {
  readonly #sizeClass: SizeClass
  #whole: Buffer | undefined
  readonly #view: Buffer
  #pending: Promise<unknown> | undefined = undefined

  /** A lease of `view`, a part or all of `whole`, which is in the state LEASED. */
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
    if (this.#whole !== undefined) this.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pending
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
