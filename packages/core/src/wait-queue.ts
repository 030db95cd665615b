import { onAbort } from './abort-listener.js'
import { PoolError } from './errors.js'
import type { EventHub } from './event-hub.js'
import type { FreeList } from './free-list.js'
import type { Refusal } from './refusals.js'
import { Waiter } from './wait-list.js'

/** Who serves those who wait. */
export interface Server {
  readonly name: string
  readonly events: EventHub
  readonly inUse: number
  readonly allClasses: readonly FreeList[]
  /** Serves one that waits, if it can be. */
  serveWaiter(list: FreeList, waiter: Waiter): Refusal | undefined
  /** Somebody waits now, or nobody any more. */
  setAttention(): void
}

/**
 * The line of acquires that wait for memory.
 *
 * First come, first served: nobody is overtaken by a later one of the same size class, and while the first in line waits for
 * bytes, nobody at all may allocate, and what is released to other classes is let go, so that its bytes go to the first. Only a
 * class that is full by count lets other classes pass.
 */
export class WaitQueue {
  readonly #pool: Server
  readonly #maxWaiting: number
  #tickets = 0
  /** How many wait now. */
  size = 0
  /** Waits that ended by their timeout. */
  timeouts = 0
  /** The list of the first in line, while that waits for bytes, so that nobody may allocate before it. */
  blockedByBytes: FreeList | undefined = undefined

  /** An empty queue that serves from `pool`. */
  constructor(pool: Server, maxWaiting: number) {
    this.#pool = pool
    this.#maxWaiting = maxWaiting
  }

  /** Waits for a buffer of `list`, for `timeoutMs` at the most, or until `signal` aborts. */
  wait(list: FreeList, bytes: number, timeoutMs: number, signal: AbortSignal | undefined, place?: string): Promise<Buffer> {
    const pool = this.#pool
    if (this.size >= this.#maxWaiting) {
      throw new PoolError(
        'ERR_POOL_QUEUE_FULL',
        `pool '${pool.name}': ${this.size} acquires wait already, and maxWaiting is ${this.#maxWaiting}. ` +
          'Shed load before it gets here, or raise maxWaiting.'
      )
    }
    return new Promise<Buffer>((resolve, reject) => {
      const since = performance.now()
      const tell = pool.events.wait.later()
      let timer: NodeJS.Timeout | undefined
      const end = (outcome: 'served' | 'timeout' | 'aborted' | 'closed') => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        waiter.list?.leave(waiter)
        this.size--
        if (outcome === 'timeout') this.timeouts++
        if (this.size === 0) pool.setAttention()
        if (pool.events.wait.heard) tell({ pool: pool.name, waitedMs: performance.now() - since, outcome })
      }
      const waiter = new Waiter(
        this.#tickets++,
        bytes,
        place,
        (buffer) => {
          end('served')
          resolve(buffer)
        },
        (error, outcome) => {
          end(outcome)
          reject(error)
          if (outcome !== 'closed') this.serve()
        }
      )
      const abort = () => waiter.fail(signal?.reason, 'aborted')
      if (signal !== undefined) onAbort(signal, abort, this.#maxWaiting)
      if (timeoutMs < Number.POSITIVE_INFINITY) {
        timer = setTimeout(() => {
          waiter.fail(
            new PoolError(
              'ERR_POOL_ACQUIRE_TIMEOUT',
              `pool '${pool.name}': no buffer of ${bytes} bytes came free within ${timeoutMs} ms; ${pool.inUse} are in use. ` +
                'Release sooner, raise the bound, or wait longer.'
            ),
            'timeout'
          )
        }, timeoutMs)
      }
      list.waiters.join(waiter)
      this.size++
      if (this.size === 1) pool.setAttention()
    })
  }

  /** Serves whoever can be served now, in order. */
  serve(): void {
    const blocked = new Set<FreeList>()
    this.blockedByBytes = undefined
    while (this.size > 0) {
      const list = this.#firstInLine(blocked)
      const waiter = list?.waiters.first
      if (list === undefined || waiter === undefined) return
      const refusal = this.#pool.serveWaiter(list, waiter)
      if (refusal === 'bytes') {
        this.blockedByBytes = list
        return
      }
      if (refusal !== undefined) blocked.add(list)
    }
  }

  /** Ends every wait with `error`. */
  close(error: () => PoolError): void {
    while (this.size > 0) this.#firstInLine(new Set())?.waiters.first?.fail(error(), 'closed')
  }

  #firstInLine(blocked: ReadonlySet<FreeList>): FreeList | undefined {
    let first: FreeList | undefined
    for (const list of this.#pool.allClasses) {
      const ticket = list.waiters.first?.ticket
      if (ticket === undefined || blocked.has(list)) continue
      if (first === undefined || ticket < (first.waiters.first as Waiter).ticket) first = list
    }
    return first
  }
}
