/** The figures of a client. Counts since it was made. */
export interface RedisClientStats {
  /** Whether there is a connection that commands can be sent on. */
  readonly connected: boolean
  /** Whether it was closed. */
  readonly closed: boolean
  /** Commands that wait to be sent. */
  readonly waiting: number
  /** Bytes of these. */
  readonly waitingBytes: number
  /** Commands that were sent and not answered. */
  readonly unanswered: number
  /** Bytes of these. */
  readonly unansweredBytes: number
  /** Connections that were made. */
  readonly connections: number
  /** Attempts to connect that failed. */
  readonly failedConnections: number
  /** Commands that ended by their timeout. */
  readonly timeouts: number
  /** Commands that were refused at `maxWaitingBytes`. */
  readonly refused: number
  /** Commands that were sent again on a new connection although they may have been executed. */
  readonly resent: number
}
