import type { RedisClientStats } from '../client/redis-client-stats.js'

/** What one process did with a store, since the store was made. */
export interface PayloadStoreStats {
  /** What its keys begin with. */
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
  /** Bytes of what was taken and read. */
  readonly receivedBytes: number
  /** Takes and reads of payloads that were gone. */
  readonly gone: number
  /** Of its connection. */
  readonly client: RedisClientStats
}
