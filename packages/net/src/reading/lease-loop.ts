import type { Lease } from '@pool/core'
import { isThenable, type NonSharedBuffer } from '@pool/core/kit'
import { PendingRead, type ReadParties, type ReadRequest } from './pending-read.js'

/** Called with each lease; when it returns a promise, the next lease waits for that. */
export type LeaseConsumer = (lease: Lease<NonSharedBuffer>) => unknown

/** The calls of a loop to the side that serves it. */
export interface LoopParties extends ReadParties {
  /** The loop can take the next lease. */
  goOn(loop: LeaseLoop): void
}

/** A read that repeats itself until the peer ends, and calls its consumer with each lease: no lease costs a promise. */
export class LeaseLoop extends PendingRead<Lease<NonSharedBuffer>> {
  readonly #consumer: LeaseConsumer
  readonly #parties: LoopParties
  #isBusy = false

  /** A loop of `request`, which is made again and again. */
  constructor(
    request: ReadRequest<Lease<NonSharedBuffer>>,
    consumer: LeaseConsumer,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (reason: unknown) => void,
    parties: LoopParties
  ) {
    super(request, signal === undefined ? undefined : { signal }, resolve, reject, parties)
    this.#consumer = consumer
    this.#parties = parties
  }

  override get isBusy(): boolean {
    return this.#isBusy
  }

  override get repeats(): boolean {
    return true
  }

  /** Calls the consumer with a lease, which that owns then; without one the loop is over. */
  override serve(lease: Lease<NonSharedBuffer> | undefined): void {
    if (lease === undefined) {
      super.serve(undefined)
      return
    }
    this.#isBusy = true
    let result: unknown
    try {
      result = this.#consumer(lease)
      if (isThenable(result)) {
        this.#await(result)
        return
      }
    } catch (error) {
      this.abort(error)
    }
    this.#isBusy = false
  }

  #await(result: PromiseLike<unknown>): void {
    Promise.resolve(result).then(
      () => {
        this.#isBusy = false
        this.#parties.goOn(this)
      },
      (error: unknown) => this.abort(error)
    )
  }
}
