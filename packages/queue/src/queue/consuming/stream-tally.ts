import type { QueueEventSet } from '../queue-events.js'

/** Counts of the traffic between a queue and its stream, since the queue was made. */
export class StreamTally {
  readonly #events: QueueEventSet
  /**
   * Acknowledgements of messages that were not pending any more: another consumer has handled them as well, or the acknowledgement was sent
   * again after a lost connection.
   */
  lateAcks = 0
  /** Messages that went to the dead letters. */
  buried = 0
  /** Messages taken from consumers that gave no sign, or had handed them back. */
  claimed = 0

  /** @param events - of the queue */
  constructor(events: QueueEventSet) {
    this.#events = events
  }

  /** Counts late acknowledgements. */
  ackLate(count: number): void {
    this.lateAcks += count
    const { queue, lines } = this.#events
    if (count > 0 && lines.lateAck.heard) lines.lateAck.emit({ queue, count })
  }

  /** Counts messages that went to the dead letters. */
  bury(count: number): void {
    this.buried += count
    const { queue, lines } = this.#events
    if (count > 0 && lines.bury.heard) lines.bury.emit({ queue, count })
  }

  /** Counts messages that were taken over. */
  claim(count: number): void {
    this.claimed += count
    const { queue, lines } = this.#events
    if (count > 0 && lines.claim.heard) lines.claim.emit({ queue, count })
  }
}
