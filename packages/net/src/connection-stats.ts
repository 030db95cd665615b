/**
 * How the bytes of a connection get into leases. `'direct'`: the system puts them there; only the first 4 KiB of a burst are copied.
 * `'copied'`: Node reads them into memory of its own, and they are copied: of TLS on a server, and of a socket that can't be taken over.
 */
export type ReadPath = 'direct' | 'copied'

/** One immutable snapshot of a connection. */
export interface ConnectionStats {
  /** How its bytes get into leases. */
  readonly path: ReadPath
  /** Bytes that arrived. */
  readonly bytesRead: number
  /** Bytes that were sent. */
  readonly bytesWritten: number
  /** Bytes that arrived and were not read, now. */
  readonly readAheadBytes: number
  /** Bytes that were written and not sent, now. */
  readonly unsentBytes: number
  /** Whether the peer is held back, since enough is there to be read or memory is waited for, now. */
  readonly stopped: boolean
}

/** One immutable snapshot of a group. Counts since it was made, unless said otherwise. */
export interface ConnectionGroupStats {
  /** The group's name. */
  readonly name: string
  /** Connections open now. */
  readonly connections: number
  /** Bound on `connections`. */
  readonly maxConnections: number
  /** The most connections that were open at once. */
  readonly peakConnections: number
  /** Connections that were opened. */
  readonly opened: number
  /** Connections that were closed. */
  readonly closed: number
  /** Closed connections that an error closed. */
  readonly failed: number
  /** Closed connections that were idle for too long, or sent no first byte in time. */
  readonly timedOut: number
  /** Connections refused at `maxConnections`. */
  readonly refused: number
  /** Connections that were read on the path `'direct'`. */
  readonly direct: number
  /** Connections that were read on the path `'copied'`. */
  readonly copied: number
  /** Bytes that arrived. */
  readonly bytesRead: number
  /** Reads of the system that brought them. */
  readonly reads: number
  /** Bytes that arrived and were not read, now. */
  readonly readAheadBytes: number
  /** Connections that hold their peer back, now. */
  readonly stopped: number
  /** Connections that wait for memory of their pool, now. */
  readonly starving: number
  /** Times that a connection had to wait for memory. */
  readonly stalls: number
  /** Bytes that were sent. */
  readonly bytesWritten: number
  /** Writes that were sent. */
  readonly writes: number
  /** Writes that failed; the memory of their leases was withdrawn. */
  readonly failedWrites: number
  /** Bytes that were written and not sent, now. */
  readonly unsentBytes: number
  /** Bound on `unsentBytes`. */
  readonly maxUnsentBytes: number
}
