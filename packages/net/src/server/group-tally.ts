import { connectionEvents } from '../connection-events.js'

/** The counts and events of the connections of one group. */
export class GroupTally {
  readonly #group: string
  /** The events of the group. */
  readonly events = connectionEvents()
  /** Bytes that arrived. */
  bytesRead = 0
  /** Reads of the system that brought them. */
  reads = 0
  /** Bytes that were sent. */
  bytesWritten = 0
  /** Writes that were sent. */
  writes = 0
  /** Writes that failed. */
  failedWrites = 0
  /** Bytes written and not sent, now. */
  unsentBytes = 0
  /** Connections that wait for memory, now. */
  starving = 0
  /** Times that a connection had to wait for memory. */
  stalls = 0
  /** Connections whose bytes the system puts into leases. */
  direct = 0
  /** Connections whose bytes are copied into leases. */
  copied = 0
  /** Connections that were closed. */
  closed = 0
  /** Connections that an error closed. */
  failed = 0
  /** Connections that a timeout closed. */
  timedOut = 0
  /** Connections that were refused at a bound. */
  refused = 0

  /** Nothing counted. */
  constructor(group: string) {
    this.#group = group
  }

  /** A connection waits for `bytes` of memory. */
  stalled(bytes: number): void {
    this.stalls++
    this.starving++
    const { stall } = this.events.lines
    if (stall.heard) stall.emit({ group: this.#group, bytes, starving: this.starving })
  }

  /** It waits no more. */
  resumed(): void {
    this.starving--
    const { resume } = this.events.lines
    if (resume.heard) resume.emit({ group: this.#group, starving: this.starving })
  }

  /** A connection was refused. */
  refuse(connections: number): void {
    this.refused++
    const { refuse } = this.events.lines
    if (refuse.heard) refuse.emit({ group: this.#group, connections })
  }
}
