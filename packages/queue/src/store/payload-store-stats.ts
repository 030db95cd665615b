import type { RedisClientStats } from '../client/redis-client-stats.js'

/** The counts of one process about a store, since the store was made. */
export interface PayloadStoreStats {
  /** The prefix of its keys. */
  readonly name: string
  /** Whether it was closed. */
  readonly closed: boolean
  /** Payloads that were put. */
  readonly puts: number
  /** Bytes of these. */
  readonly putBytes: number
  /** Payloads that were taken. */
  readonly takes: number
  /** Payloads that were read. */
  readonly reads: number
  /** Bytes of the payloads taken and read. */
  readonly receivedBytes: number
  /** Takes and reads of payloads that were gone. */
  readonly gone: number
  /** The figures of its connection. */
  readonly client: RedisClientStats
}
