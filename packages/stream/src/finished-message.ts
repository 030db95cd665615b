import type { FragmentHeader } from './fragment-header.js'

/** A message that was handed on, remembered for a while so that what comes late of it begins no new one. */
export interface FinishedMessage {
  /** What its fragments said; of the index nothing is meant. */
  readonly header: FragmentHeader
  /** Whose message it was. */
  readonly source: unknown
  /** When it was handed on, in ms of the process's clock. */
  readonly at: number
}
