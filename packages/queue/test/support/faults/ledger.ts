/** What became of numbered messages: offered, acknowledged to the producer, handled by consumers. */
export class Ledger {
  #offered = 0
  readonly #acknowledged = new Set<number>()
  /** How often each was handled. */
  readonly #handled = new Map<number, number>()
  /** Handled as the first delivery, by any consumer. */
  readonly #first = new Set<number>()
  #unannounced = 0
  /** Adds that were rejected, so that the message may have been added or not. */
  uncertain = 0

  /** The number of the next message. */
  offer(): number {
    return this.#offered++
  }

  /** The queue has confirmed that it has the message. */
  acknowledge(number: number): void {
    this.#acknowledged.add(number)
  }

  /** A consumer has handled a message, as its delivery of that number. */
  handle(number: number, deliveries: number): void {
    this.#handled.set(number, (this.#handled.get(number) ?? 0) + 1)
    if (deliveries > 1) return
    if (this.#first.has(number)) this.#unannounced++
    this.#first.add(number)
  }

  /** How many messages were handled at least once. */
  get handled(): number {
    return this.#handled.size
  }

  /** The figures that a test of faults asserts and reports. */
  figures(): LedgerFigures {
    let lost = 0
    for (const number of this.#acknowledged) if (!this.#handled.has(number)) lost++
    let duplicates = 0
    let foreign = 0
    for (const [number, times] of this.#handled) {
      duplicates += times - 1
      if (number >= this.#offered) foreign++
    }
    return {
      offered: this.#offered,
      acknowledged: this.#acknowledged.size,
      uncertain: this.uncertain,
      handled: this.#handled.size,
      lost,
      foreign,
      duplicates,
      unannounced: this.#unannounced
    }
  }
}

/** Counts of messages. */
export interface LedgerFigures {
  readonly offered: number
  readonly acknowledged: number
  readonly uncertain: number
  readonly handled: number
  /** Acknowledged and never handled. */
  readonly lost: number
  /** Handled and never offered. */
  readonly foreign: number
  /** Handled once more than once. */
  readonly duplicates: number
  /** Of these, those for which no delivery said that there had been one before. A consumer that was cut off may handle the first one last. */
  readonly unannounced: number
}
