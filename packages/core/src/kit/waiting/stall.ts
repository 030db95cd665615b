/**
 * Measures how long a pool has stood still: an acquire was refused or made to wait, and none has been served since. It costs nothing
 * where acquires are served; the figures that it compares are the pool's own.
 */
export class Stall {
  #since = 0
  #acquisitions = -1
  #inUse = 0

  /**
   * An acquire is refused or made to wait at `now`, in ms, while `waiting` others wait already. A release since the last refusal begins
   * the stall anew unless acquires wait: the pool had something to give, and no acquire asked for it.
   */
  refused(now: number, acquisitions: number, inUse: number, waiting: number): void {
    if (acquisitions !== this.#acquisitions || (waiting === 0 && inUse !== this.#inUse)) this.#since = now
    this.#acquisitions = acquisitions
    this.#inUse = inUse
  }

  /** Milliseconds that the pool has stood still at `now`; 0 when it serves, or when it has something to give and no acquire waits. */
  ms(now: number, acquisitions: number, inUse: number, waiting: number): number {
    if (acquisitions !== this.#acquisitions) return 0
    return waiting > 0 || inUse === this.#inUse ? now - this.#since : 0
  }
}
