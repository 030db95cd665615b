import type { PoolStats } from '@pool/core/interfaces'
import { type ClassInstrument, classInstruments, type Instrument, poolInstruments, SIZE_CLASS_OTHER } from './semconv.js'

/** One attribute set, and a figure for each instrument that has one for it. */
export interface Figures {
  readonly pool: string
  readonly kind: string
  /** `undefined` where the figures are of the pool as a whole. */
  readonly sizeClass: string | undefined
  readonly values: Map<Instrument, number>
}

/** All figures of one pool: one set of the pool, one of each size class, and one of what no class has. */
export function figuresOf(pool: string, stats: PoolStats): Figures[] {
  const figures = (sizeClass: string | undefined): Figures => ({ pool, kind: stats.kind, sizeClass, values: new Map() })
  const whole = figures(undefined)
  for (const instrument of poolInstruments) {
    const value = instrument.ofPool(stats)
    if (value !== undefined) whole.values.set(instrument, value)
  }
  const classes = stats.sizeClasses.map((one) => {
    const { values, ...rest } = figures(String(one.bufferSize))
    for (const instrument of classInstruments) values.set(instrument, instrument.ofClass(one))
    return { ...rest, values }
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
