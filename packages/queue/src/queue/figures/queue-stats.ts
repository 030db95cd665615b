import type { RedisClientStats } from '../../client/redis-client-stats.js'

/** The figures of a queue in Redis. */
export interface QueueDepth {
  /** Messages in the queue, those that are out among them. */
  readonly length: number
  /** Messages that are out with consumers, or were left by them. */
  readonly pending: number
  /** Messages that no consumer has taken yet. */
  readonly waiting: number
  /** Entries that were delivered too often, or are not messages. */
  readonly deadLetters: number
  /** How long the oldest message has been in the queue, in ms; 0 where there is none. */
  readonly oldestMs: number
}

/** The counts of one process about a queue, since the queue was made. */
export interface QueueStats {
  /** The queue. */
  readonly name: string
  /** Whether it was closed. */
  readonly closed: boolean
  /** Messages that were added. */
  readonly added: number
  /** Bytes of these. */
  readonly addedBytes: number
  /** Adds of an id that was there before. */
  readonly duplicates: number
  /** Adds that were refused for want of room. */
  readonly refused: number
  /** Adds that had to wait for room. */
  readonly stalls: number
  /** Adds that wait for room now. */
  readonly waitingAdds: number
  /** Bytes of these. */
  readonly waitingBytes: number
  /** Consumers that take messages now, or whose jobs are still out. */
  readonly consumers: number
  /** Messages that loops got. */
  readonly delivered: number
  /** Bytes of these. */
  readonly deliveredBytes: number
  /** Of these, those that had been delivered before: an earlier consumer may have handled them, too. */
  readonly redelivered: number
  /** Jobs that were acknowledged. */
  readonly acked: number
  /**
   * Acknowledgements of messages that were not pending any more: another consumer has handled them as well, or the acknowledgement was sent
   * again after a lost connection.
   */
  readonly lateAcks: number
  /** Jobs that were handed back. */
  readonly retried: number
  /** Messages that were handed back before a loop got them. */
  readonly handedBack: number
  /** Messages that were taken from consumers that gave no sign, or had handed them back. */
  readonly claimed: number
  /** Messages that went to the dead letters. */
  readonly buried: number
  /** Messages that are taken and not settled, now. */
  readonly inFlight: number
  /** Bytes of these. */
  readonly inFlightBytes: number
}

/** The figures of a {@link PooledQueue}. */
export interface PooledQueueStats extends QueueStats {
  /** The figures of the connection for adds and acknowledgements. */
  readonly client: RedisClientStats
}
