/** One acquire that waits. */
export class Waiter {
  /** Its place in the line of the whole pool: lower came first. */
  readonly ticket: number
  /** Bytes asked for. */
  readonly bytes: number
  /** Where it was asked for, if that was sampled. */
  readonly place: string | undefined
  /** Ends the wait with a buffer. */
  readonly serve: (buffer: Buffer) => void
  /** Ends the wait with an error. */
  readonly fail: (error: unknown, outcome: 'timeout' | 'aborted' | 'closed') => void
  /** The list it stands in; `undefined` once it left. */
  list: WaitList | undefined = undefined
  /** Who came before. */
  previous: Waiter | undefined = undefined
  /** Who came after. */
  next: Waiter | undefined = undefined

  /** A waiter that stands nowhere yet. */
  constructor(ticket: number, bytes: number, place: string | undefined, serve: Waiter['serve'], fail: Waiter['fail']) {
    this.ticket = ticket
    this.bytes = bytes
    this.place = place
    this.serve = serve
    this.fail = fail
  }
}

/** Those who wait for one size class, first come first served; anybody can leave from anywhere in O(1). */
export class WaitList {
  /** Who is next. */
  first: Waiter | undefined = undefined
  #last: Waiter | undefined = undefined

  /** Puts a waiter at the end. */
  join(waiter: Waiter): void {
    waiter.list = this
    waiter.previous = this.#last
    if (this.#last === undefined) this.first = waiter
    else this.#last.next = waiter
    this.#last = waiter
  }

  /** Takes a waiter out. */
  leave(waiter: Waiter): void {
    if (waiter.previous === undefined) this.first = waiter.next
    else waiter.previous.next = waiter.next
    if (waiter.next === undefined) this.#last = waiter.previous
    else waiter.next.previous = waiter.previous
    waiter.list = undefined
    waiter.previous = undefined
    waiter.next = undefined
  }
}
