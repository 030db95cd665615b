import type { Attributes } from '@opentelemetry/api'
import type { PoolStats } from '@pool/core/interfaces'
import {
  ATTR_POOL_KIND,
  ATTR_POOL_NAME,
  ATTR_POOL_SIZE_CLASS,
  type ClassInstrument,
  classInstruments,
  type Instrument,
  poolInstruments,
  SIZE_CLASS_OTHER
} from './semconv.js'

/** One attribute set, and a figure for each instrument that has one for it. */
export interface Figures {
  /** The key of the attribute set. */
  readonly key: string
  /** The pool, or the source of figures: its kind and name. An owner that could not be read keeps its last observed figures. */
  readonly owner: string
  readonly attributes: Attributes
  readonly values: Map<Instrument, number>
}

/** All figures of one pool: one set of the pool, one of each size class, and one of the buffers outside the classes. */
export function figuresOf(pool: string, stats: PoolStats): Figures[] {
  const { kind } = stats
  // Sizes have no line break in them, and the kind's length ends it, so that no name can be taken for another.
  const figures = (sizeClass: string): Figures => ({
    key: `${sizeClass}\n${kind.length}\n${kind}${pool}`,
    owner: pool,
    attributes: { [ATTR_POOL_NAME]: pool, [ATTR_POOL_KIND]: kind, ...(sizeClass === '' ? {} : { [ATTR_POOL_SIZE_CLASS]: sizeClass }) },
    values: new Map()
  })
  const whole = figures('')
  for (const instrument of poolInstruments) {
    const value = instrument.ofPool(stats)
    if (value !== undefined) whole.values.set(instrument, value)
  }
  const classes = stats.sizeClasses.map((one) => {
    const ofClass = figures(String(one.bufferSize))
    for (const instrument of classInstruments) ofClass.values.set(instrument, instrument.ofClass(one))
    return ofClass
  })
  const other = figures(SIZE_CLASS_OTHER)
  for (const instrument of classInstruments) {
    if (classes.length === 0 || !instrument.keptOnly) other.values.set(instrument, beyondClasses(instrument, stats))
  }
  // A pool of several sizes may take others: their points are there from the start, so that sums begin at 0.
  const hasOther = classes.length === 0 || stats.bufferSize === null || [...other.values.values()].some((value) => value > 0)
  return hasOther ? [whole, ...classes, other] : [whole, ...classes]
}

function beyondClasses({ ofClass, ofPool }: ClassInstrument, stats: PoolStats): number {
  return stats.sizeClasses.reduce((rest, one) => rest - ofClass(one), ofPool(stats))
}
