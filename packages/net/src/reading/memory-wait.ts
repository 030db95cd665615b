import { type BufferSource, isPoolError, type Lease, type NonSharedBuffer } from '@pool/core'
import { isRetryable, outsideRequests } from '@pool/core/kit'
import { leaseAtHand } from './lease-at-hand.js'

/** Milliseconds after which a connection where no read waits looks for memory once more. */
const retryMs = 1000

/** The connection that waits for memory. */
export interface WaitParties {
  /** Whether a read waits, and so needs the memory. */
  readonly isAwaited: boolean
  /** Whether more bytes may come. */
  readonly isOpen: boolean
  /** The wait is over: here is the memory. */
  granted(lease: Lease<NonSharedBuffer>): void
  /** The wait is over without memory; `error` is why the connection can't go on, `undefined` where it can. */
  refused(error: unknown): void
}

/**
 * The wait of one connection for memory of an exhausted pool.
 *
 * ```
 *   in the pool's queue, for waitMs ──► served, or the read that waits has had waitMs: the connection ends
 *        ▲                     │ no read waits
 *        │ a read begins       ▼
 *        └────────── out of the queue, looks for memory once a second: holds its peer back, and no other up
 * ```
 */
export class MemoryWait {
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #waitMs: number
  readonly #parties: WaitParties
  readonly #calledOff = new AbortController()
  /** Since when the read that waits has waited for memory, in ms of the process's clock. */
  #neededSince = performance.now()
  #retry: NodeJS.Timeout | undefined = undefined
  /** The bytes that are waited for. */
  readonly bytes: number

  /** Not begun. */
  constructor(bytes: number, pool: BufferSource<NonSharedBuffer>, waitMs: number, parties: WaitParties) {
    this.bytes = bytes
    this.#pool = pool
    this.#waitMs = waitMs
    this.#parties = parties
  }

  /** Whether it has a place in the queue of the pool. */
  get isQueued(): boolean {
    return this.#retry === undefined
  }

  /** Takes a place in the queue of the pool. */
  begin(timeoutMs: number = this.#waitMs): void {
    this.#pool.leaseAsync(this.bytes, { timeoutMs, signal: this.#calledOff.signal }).then(
      (lease) => {
        if (this.#calledOff.signal.aborted) lease[Symbol.dispose]()
        else this.#parties.granted(lease)
      },
      (error: unknown) => this.#failed(error)
    )
  }

  /** A read begins to wait: its own time begins. */
  need(): void {
    this.#neededSince = performance.now()
    if (this.#retry === undefined) return
    this.#endRetry()
    this.begin()
  }

  /** Ends the wait; no party is called any more. */
  end(): void {
    this.#calledOff.abort()
    this.#endRetry()
  }

  #failed(error: unknown): void {
    if (this.#calledOff.signal.aborted) return
    const { isAwaited, isOpen } = this.#parties
    if (!isRetryable(error)) this.#parties.refused(error)
    else if (isAwaited) this.#failedRead(error)
    else if (isOpen) this.#retryLater()
    else this.#parties.refused(undefined)
  }

  #failedRead(error: unknown): void {
    const leftMs = Math.ceil(this.#neededSince + this.#waitMs - performance.now())
    if (leftMs > 0 && isPoolError(error, 'ERR_POOL_ACQUIRE_TIMEOUT')) this.begin(leftMs)
    else this.#parties.refused(error)
  }

  #retryLater(): void {
    this.#retry = outsideRequests(() => setTimeout(() => this.#lookForMemory(), retryMs)).unref()
  }

  #lookForMemory(): void {
    const lease = leaseAtHand(this.#pool, this.bytes)
    // A listener to the exhaustion of the pool may have begun a read, or ended the wait.
    if (this.#retry === undefined) lease?.[Symbol.dispose]()
    else if (lease === undefined) this.#retryLater()
    else {
      this.#retry = undefined
      this.#parties.granted(lease)
    }
  }

  #endRetry(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
  }
}
