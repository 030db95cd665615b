import type { Lease, ReadOptions } from '@pool/core'
import { type Abortable, type NonSharedBuffer, unwatchAbort, watchAbort } from '@pool/core/kit'
import { readTimedOut } from '../connection-errors.js'

/** How a read is answered from the bytes that are there. */
export interface ReadRequest<T> {
  /** The fewest bytes that it can be answered with. */
  wantedBytes: number
  /** Bytes of the lease that it gives, where that is known beforehand; else 0. */
  wholeBytes: number
  /**
   * Answers it, and consumes; `undefined` when it needs more. May throw, with nothing consumed.
   * @param into - memory of `wholeBytes` to answer it with, which it takes over; given only when `wholeBytes` are there
   */
  attempt(into?: Lease<NonSharedBuffer>): T | undefined
  /** Answers it when no more bytes will come, and `length` are there. May throw. */
  atEnd(length: number): T | undefined
}

/** The calls of a read to the side that serves it. */
export interface ReadParties {
  /** The read is over, by its signal, its timeout, or its consumer. */
  calledOff(read: PendingRead<unknown>): void
}

/** A read that waits. */
export class PendingRead<T = unknown> implements Abortable {
  readonly request: ReadRequest<T>
  readonly #resolve: (value: T | undefined) => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AbortSignal | undefined
  readonly #readParties: ReadParties
  #timer: NodeJS.Timeout | undefined = undefined

  /** A read that waits from now on. */
  constructor(
    request: ReadRequest<T>,
    options: ReadOptions | undefined,
    resolve: (value: T | undefined) => void,
    reject: (reason: unknown) => void,
    parties: ReadParties
  ) {
    this.request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#readParties = parties
    this.#signal = options?.signal
    if (this.#signal !== undefined) watchAbort(this.#signal, this)
    const { timeoutMs = Number.POSITIVE_INFINITY } = options ?? {}
    if (timeoutMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.abort(readTimedOut(timeoutMs)), timeoutMs)
  }

  /** Whether it can't be answered now, since its consumer is still at work on the last lease. */
  get isBusy(): boolean {
    return false
  }

  /** Whether it waits again once it was answered. */
  get repeats(): boolean {
    return false
  }

  /** Ends the wait with a value. */
  serve(value: T | undefined): void {
    this.#end()
    this.#resolve(value)
  }

  /** Ends the wait with an error. */
  fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  abort(reason: unknown): void {
    this.#readParties.calledOff(this as PendingRead<unknown>)
    this.fail(reason)
  }

  #end(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this)
  }
}
