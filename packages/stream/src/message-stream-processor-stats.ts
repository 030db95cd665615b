/**
 * What became of the messages of a processor so far. Until it is destroyed, `received` is the sum of the next four and of the handlers that
 * run and are not late.
 */
export interface MessageStreamProcessorStats {
  /** Messages found in the stream. */
  readonly received: number
  /** Handled. */
  readonly processed: number
  /** The handler threw or rejected. */
  readonly failed: number
  /** Rejected by `validate`. */
  readonly rejected: number
  /** The handler took too long. */
  readonly timedOut: number
  /** Too long or cut off: never shown to the handler, not in `received`. */
  readonly skipped: number
  /** Bytes of the messages received, without what frames them. */
  readonly bytes: number
  /** Messages whose handler runs, or whose result waits for its turn. */
  readonly inFlight: number
  /** Whether no handler is started now, and why. */
  readonly paused: false | 'by hand' | 'by pressure'
}
