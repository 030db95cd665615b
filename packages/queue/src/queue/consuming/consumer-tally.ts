import type { QueueEventSet } from '../queue-events.js'
import type { Delivery } from './delivery.js'

/** Counts of all consumers of a queue, since it was made. */
export class ConsumerTally {
  readonly #events: QueueEventSet
  /** Messages that loops got. */
  delivered = 0
  /** Of these, those that had been delivered before. */
  redelivered = 0
  /** Jobs that were acknowledged. */
  acked = 0
  /** Jobs that were handed back. */
  retried = 0
  /** Messages that were handed back before a loop got them. */
  handedBack = 0
  /** Messages that are taken and not settled. */
  inFlight = 0
  /** Bytes of these. */
  inFlightBytes = 0
  /** Bytes of messages that loops got. */
  deliveredBytes = 0

  /** @param events - of the queue */
  constructor(events: QueueEventSet) {
    this.#events = events
  }

  /** A loop got a message. */
  deliver({ entryId, bytes, deliveries }: Delivery): void {
    this.delivered++
    this.deliveredBytes += bytes
    if (deliveries === 1) return
    this.redelivered++
    const { queue, lines } = this.#events
    if (lines.redeliver.heard) lines.redeliver.emit({ queue, entryId, deliveries })
  }
}
