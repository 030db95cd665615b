import { PoolError } from '@pool/core'
import { type EventHub, onAbort } from '@pool/core/events'
import type { SecretBuffer, SizeClass } from './size-class.js'

/** One acquire that waits. */
interface Waiter {
  /** Its place in the line of the whole pool: lower came first. */
  readonly ticket: number
  readonly sizeClass: SizeClass
  readonly bytes: number
  /** Ends the wait with a secret. */
  serve(view: SecretBuffer): void
  /** Ends the wait with an error. */
  fail(error: unknown, outcome: 'timeout' | 'aborted' | 'closed'): void
}

/** Who serves those who wait. */
export interface Server {
  readonly name: string
  readonly inUse: number
  readonly events: EventHub
  /** A secret for one that waits, if there is one or, where it may grow, can be one. */
  takeFor(sizeClass: SizeClass, bytes: number, mayGrow: boolean): SecretBuffer | undefined
  /** Somebody waits now, or nobody any more. */
  setAttention(): void
}

/**
 * The line of acquires that wait. First come, first served: nobody is overtaken by a later one of the same size class, and as
 * long as one waits for memory, nobody who came later may allocate.
 */
export class WaitQueue {
  readonly #pool: Server
  readonly #maxWaiting: number
  // Each in the order in which they came; leaving from the middle is O(1).
  readonly #lines = new Map<SizeClass, Set<Waiter>>()
  #tickets = 0
  /** How many wait now. */
  size = 0
  /** Waits that ended by their timeout. */
  timeouts = 0

  /** An empty line. */
  constructor(pool: Server, maxWaiting: number) {
    this.#pool = pool
    this.#maxWaiting = maxWaiting
  }

  /** Waits for a secret, for `timeoutMs` at the most, or until `signal` aborts. */
  wait(sizeClass: SizeClass, bytes: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<SecretBuffer> {
    const pool = this.#pool
    if (this.size >= this.#maxWaiting) {
      throw new PoolError(
        'ERR_POOL_QUEUE_FULL',
        `pool '${pool.name}': ${this.size} acquires wait already, and maxWaiting is ${this.#maxWaiting}. ` +
          'Shed load before it gets here, or raise maxWaiting.'
      )
    }
    return new Promise<SecretBuffer>((resolve, reject) => {
      const since = performance.now()
      const tell = pool.events.wait.later()
      let timer: NodeJS.Timeout | undefined
      const end = (outcome: 'served' | 'timeout' | 'aborted' | 'closed') => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#lines.get(sizeClass)?.delete(waiter)
        this.size--
        if (outcome === 'timeout') this.timeouts++
        if (this.size === 0) pool.setAttention()
        if (pool.events.wait.heard) tell({ pool: pool.name, waitedMs: performance.now() - since, outcome })
      }
      const waiter: Waiter = {
        ticket: this.#tickets++,
        sizeClass,
        bytes,
        serve(view) {
          end('served')
          resolve(view)
        },
        fail: (error, outcome) => {
          end(outcome)
          reject(error)
          if (outcome !== 'closed') this.serve()
        }
      }
      const abort = () => waiter.fail(signal?.reason, 'aborted')
      if (signal !== undefined) onAbort(signal, abort, this.#maxWaiting)
      if (timeoutMs < Number.POSITIVE_INFINITY)
        timer = setTimeout(() => waiter.fail(this.#timedOut(bytes, timeoutMs), 'timeout'), timeoutMs)
      const line = this.#lines.get(sizeClass) ?? new Set()
      this.#lines.set(sizeClass, line.add(waiter))
      this.size++
      pool.setAttention()
    })
  }

  #timedOut(bytes: number, timeoutMs: number): PoolError {
    return new PoolError(
      'ERR_POOL_ACQUIRE_TIMEOUT',
      `pool '${this.#pool.name}': nothing of ${bytes} bytes came free within ${timeoutMs} ms; ${this.#pool.inUse} secrets are in use. ` +
        'Release sooner, raise the bound, or wait longer.'
    )
  }

  /** Serves whoever can be served now, in order. While the first in line waits for memory, others get only what lies idle. */
  serve(): void {
    const passed = new Set<SizeClass>()
    for (let first = this.#firstBut(passed); first !== undefined; first = this.#firstBut(passed)) {
      const view = this.#pool.takeFor(first.sizeClass, first.bytes, passed.size === 0)
      if (view === undefined) passed.add(first.sizeClass)
      else first.serve(view)
    }
  }

  #firstBut(passed: ReadonlySet<SizeClass>): Waiter | undefined {
    let first: Waiter | undefined
    for (const [sizeClass, line] of this.#lines) {
      const head = passed.has(sizeClass) ? undefined : (line.values().next().value as Waiter | undefined)
      if (head !== undefined && (first === undefined || head.ticket < first.ticket)) first = head
    }
    return first
  }

  /** Ends every wait with an error. */
  close(error: () => PoolError): void {
    for (const line of this.#lines.values()) for (const waiter of line) waiter.fail(error(), 'closed')
  }
}
