import type { Attributes } from '@opentelemetry/api'
import type { Instrument } from './semconv.js'

/** One attribute set, and a figure for each instrument that has one for it. */
export interface Figures {
  /** The key of the attribute set. */
  readonly key: string
  /** The pool, or the source of figures: its kind and name. An owner that could not be read keeps its last observed figures. */
  readonly owner: string
  readonly attributes: Attributes
  readonly values: Map<Instrument, number>
}
