import type { PoolEvents } from '../../interfaces/observer.js'
import { PoolError } from '../errors.js'
import type { EventHub } from '../observing/event-hub.js'
import { type Abortable, unwatchAbort, watchAbort } from './abort-watch.js'

/** How a wait ended. */
export type WaitOutcome = PoolEvents['wait']['outcome']

/**
 * Why the first waiter of a line can't be served now. `'line'`: all buffers of its line are out, and other lines may pass. `'pool'`: the
 * whole pool is at a bound, and every later waiter waits behind this one.
 */
export type WaitRefusal = 'line' | 'pool'

/** The pool behind a {@link WaitQueue}. */
export interface WaitServer<T extends object, O> {
  /** Names the pool in errors and events. */
  readonly name: string
  /** The pool's events; the queue emits `wait`. */
  readonly events: EventHub
  /** How many are out, for the message of a timeout. */
  readonly inUse: number
  /**
   * Takes the memory that `waiter` asked for out of the pool. May call listeners, which may acquire, release, abort and destroy. Must not throw:
   * the releaser would see an error that is not its own.
   */
  takeFor(waiter: Waiter<T, O>): T | WaitRefusal
  /** Puts back the memory that was taken for a waiter that ended meanwhile, within a listener. */
  putBack(taken: T): void
  /** The queue became empty or non-empty. */
  waitingChanged(): void
}

/** The request of a wait: its size, and its bounds. */
export interface WaitRequest {
  /** Bytes asked for. */
  readonly bytes: number
  /** The longest wait in ms, above 0; `Infinity` for none. The timer does not keep the process alive. */
  readonly timeoutMs: number
  /** Calls the wait off. It has not aborted yet. */
  readonly signal: AbortSignal | undefined
  /** Where the acquire stands in the caller's code, if that was sampled. */
  readonly place?: string | undefined
}

/** The waiters of one size class, in the order in which they came. Any of them leaves in O(1). */
export class WaitLine<T extends object, O> {
  /** The size class whose buffers the line waits for. */
  readonly owner: O
  /** The next to be served. */
  first: Waiter<T, O> | undefined = undefined
  /** The last that came. */
  last: Waiter<T, O> | undefined = undefined
  /** The round of serving in which this line was last found to be all out. */
  passedIn = 0

  /** A line where no acquire waits. */
  constructor(owner: O) {
    this.owner = owner
  }
}

/** One acquire that waits. */
export class Waiter<T extends object, O> implements Abortable {
  readonly #queue: WaitQueue<T, O>
  readonly #resolve: (taken: T) => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AbortSignal | undefined
  readonly #since: number
  readonly #emit: ((event: PoolEvents['wait']) => void) | undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** Its place among all waiters of the pool: lower came first. */
  readonly ticket: number
  /** Bytes asked for. */
  readonly bytes: number
  /** Where the acquire stands in the caller's code, if that was sampled. */
  readonly place: string | undefined
  /** The line that it stands in. */
  readonly line: WaitLine<T, O>
  /** Whether the wait ended. */
  ended = false
  /** The waiter before it. */
  previous: Waiter<T, O> | undefined = undefined
  /** The waiter after it. */
  next: Waiter<T, O> | undefined = undefined

  /** A waiter that stands nowhere yet. */
  constructor(
    queue: WaitQueue<T, O>,
    line: WaitLine<T, O>,
    ticket: number,
    request: WaitRequest,
    resolve: (taken: T) => void,
    reject: (reason: unknown) => void
  ) {
    this.#queue = queue
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = request.signal
    this.#since = performance.now()
    this.line = line
    this.ticket = ticket
    this.bytes = request.bytes
    this.place = request.place
    const { wait } = queue.server.events
    // Only while it is heard: keeping an async context costs more than all else here.
    this.#emit = wait.heard ? wait.later() : undefined
    if (request.signal !== undefined) watchAbort(request.signal, this)
    if (request.timeoutMs < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(timeOut, request.timeoutMs, this, request.timeoutMs)
      // Absent in a browser, where timers keep nothing alive.
      this.#timer.unref?.()
    }
  }

  /** Ends the wait with the memory that was taken for it. */
  serve(taken: T): void {
    this.#end('served')
    this.#resolve(taken)
  }

  /** Ends the wait with an error. */
  fail(error: unknown, outcome: WaitOutcome): void {
    this.#end(outcome)
    this.#reject(error)
  }

  abort(reason: unknown): void {
    this.#queue.callOff(this, reason, 'aborted')
  }

  /** Ends the wait because its time is over. */
  timeOut(timeoutMs: number): void {
    const { name, inUse } = this.#queue.server
    const error = new PoolError(
      'ERR_POOL_ACQUIRE_TIMEOUT',
      `pool '${name}': no ${this.bytes} bytes came free within ${timeoutMs} ms; ${inUse} buffers are in use. ` +
        'Release sooner, raise the bound of the pool, or wait longer.'
    )
    this.#queue.callOff(this, error, 'timeout')
  }

  #end(outcome: WaitOutcome): void {
    this.ended = true
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this)
    this.#queue.left(outcome)
    const { name, events } = this.#queue.server
    if (!events.wait.heard) return
    const event: PoolEvents['wait'] = { pool: name, waitedMs: performance.now() - this.#since, outcome }
    if (this.#emit === undefined) events.wait.emit(event)
    else this.#emit(event)
  }
}

function timeOut<T extends object, O>(waiter: Waiter<T, O>, timeoutMs: number): void {
  waiter.timeOut(timeoutMs)
}

/**
 * The acquires of one pool that wait for memory: the one queue behind every pool of the family.
 *
 * First come, first served: no later acquire of the same line overtakes a waiter, and while the first waiter of all waits at a bound of the
 * whole pool, no other is served. Only a line that is out by itself lets other lines pass.
 *
 * ```
 *   lines    64 B   ① ─ ④ ─ ⑤           tickets give the order across lines:
 *            4 KiB  ② ─ ⑥               ① first; where its line is out, ② next;
 *            1 MiB  ③                   where ③ waits for bytes, ④ ⑤ ⑥ wait behind it
 * ```
 *
 * A waiter leaves its line before the pool takes memory for it, so that a listener that releases, and so serves again, can't serve it a
 * second time. A waiter that ends meanwhile gets nothing, and the pool gets back the memory that was taken for it.
 */
export class WaitQueue<T extends object, O> {
  /** The pool that serves. */
  readonly server: WaitServer<T, O>
  readonly #maxWaiting: number
  /** The lines that are not empty. */
  readonly #lines: WaitLine<T, O>[] = []
  #tickets = 0
  #rounds = 0
  #closedWith: (() => PoolError) | undefined = undefined
  /** How many wait now. */
  size = 0
  /** Waits that ended by their timeout. */
  timeouts = 0
  /** The line of the first waiter of all, while that waits at a bound of the whole pool; no other may allocate meanwhile. */
  blockedBy: WaitLine<T, O> | undefined = undefined

  /**
   * An empty queue.
   * @param maxWaiting - the most that may wait at once
   */
  constructor(server: WaitServer<T, O>, maxWaiting: number) {
    this.server = server
    this.#maxWaiting = maxWaiting
  }

  /** Whether an acquire of `line` that allocated now would overtake a waiter. O(1). */
  wouldOvertake(line: WaitLine<T, O>): boolean {
    return line.first !== undefined || this.blockedBy !== undefined
  }

  /**
   * Waits in `line`. O(1).
   * @throws `ERR_POOL_QUEUE_FULL` when `maxWaiting` wait already
   */
  wait(line: WaitLine<T, O>, request: WaitRequest): Promise<T> {
    if (this.size >= this.#maxWaiting) {
      throw new PoolError(
        'ERR_POOL_QUEUE_FULL',
        `pool '${this.server.name}': ${this.size} acquires wait already, and maxWaiting is ${this.#maxWaiting}. ` +
          'Shed load before it gets here, or raise maxWaiting.'
      )
    }
    return new Promise<T>((resolve, reject) => {
      const waiter = new Waiter(this, line, this.#tickets++, request, resolve, reject)
      if (line.last === undefined) {
        line.first = waiter
        this.#lines.push(line)
      } else {
        line.last.next = waiter
        waiter.previous = line.last
      }
      line.last = waiter
      if (++this.size === 1) this.server.waitingChanged()
    })
  }

  /** Serves each waiter that can be served now, in order. Call it whenever memory or a bound came free. */
  serve(): void {
    const round = ++this.#rounds
    this.blockedBy = undefined
    for (let waiter = this.#firstBut(round); waiter !== undefined; waiter = this.#firstBut(round)) {
      const { line } = waiter
      this.#leave(waiter)
      const taken = this.server.takeFor(waiter)
      // A listener may have destroyed the pool, which ends every wait, this one too.
      if (this.#closedWith !== undefined && !waiter.ended) waiter.fail(this.#closedWith(), 'closed')
      if (taken === 'line' || taken === 'pool') {
        // The next of its line is looked at: another size may be had, and where none is, that waiter must end too.
        if (waiter.ended) continue
        if (taken === 'line') line.passedIn = round
        this.#return(waiter)
        if (taken === 'line') continue
        this.blockedBy = line
        return
      }
      if (waiter.ended) this.server.putBack(taken)
      else waiter.serve(taken)
    }
  }

  /** Ends every wait with an error of its own, those too that a listener is called for just now. */
  close(error: () => PoolError): void {
    this.#closedWith = error
    for (let line = this.#lines[0]; line?.first !== undefined; line = this.#lines[0]) {
      const waiter = line.first
      this.#leave(waiter)
      waiter.fail(error(), 'closed')
    }
  }

  /** Ends one wait early; those behind it may then be served. */
  callOff(waiter: Waiter<T, O>, reason: unknown, outcome: 'aborted' | 'timeout'): void {
    if (waiter.ended) return
    const { line } = waiter
    const wasFirst = line.first === waiter
    if (wasFirst || waiter.previous !== undefined) this.#leave(waiter)
    waiter.fail(reason, outcome)
    if (wasFirst && this.size > 0) this.serve()
  }

  /** Counts a wait that ended. */
  left(outcome: WaitOutcome): void {
    if (outcome === 'timeout') this.timeouts++
    if (--this.size === 0) {
      this.blockedBy = undefined
      this.server.waitingChanged()
    }
  }

  #firstBut(round: number): Waiter<T, O> | undefined {
    let first: Waiter<T, O> | undefined
    for (const line of this.#lines) {
      const waiter = line.first as Waiter<T, O>
      if (line.passedIn !== round && (first === undefined || waiter.ticket < first.ticket)) first = waiter
    }
    return first
  }

  #leave(waiter: Waiter<T, O>): void {
    const { line, previous, next } = waiter
    if (previous === undefined) line.first = next
    else previous.next = next
    if (next === undefined) line.last = previous
    else next.previous = previous
    waiter.previous = undefined
    waiter.next = undefined
    if (line.first === undefined) this.#lines.splice(this.#lines.indexOf(line), 1)
  }

  /**
   * Puts a waiter that could not be served back in front. Those of its line that came before it, if any, are out with an outer call of
   * `serve`, which puts them before it in turn.
   */
  #return(waiter: Waiter<T, O>): void {
    const { line } = waiter
    const { first } = line
    waiter.next = first
    line.first = waiter
    if (first === undefined) {
      line.last = waiter
      this.#lines.push(line)
    } else first.previous = waiter
  }
}
