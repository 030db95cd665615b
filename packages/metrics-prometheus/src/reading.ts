import type { PoolStats, StatsSource } from '@pool/core/interfaces'
import { shown } from '@pool/core/kit/universal'
import { classFamilies } from './class-families.js'
import type { ClassFamily, Family } from './family.js'
import { poolFamilies } from './pool-families.js'

/** The figures of one size class, in the order of the class families; NaN where it has none. */
export interface RowReading {
  /** Bytes of a buffer, or `other`: buffers outside the classes. */
  readonly sizeClass: string
  readonly figures: Float64Array
}

/** The figures of one pool at one moment. */
export interface Reading {
  readonly name: string
  /** The kind of the pool. */
  readonly kind: string
  /** In the order of the pool families; NaN where the pool has none. */
  readonly figures: Float64Array
  readonly rows: readonly RowReading[]
}

/**
 * Reads a pool's figures; throws any error of its `stats()`, and a TypeError that names the pool and the figure where one is not a number.
 * @returns nothing when the pool was destroyed
 */
export function readPool(source: StatsSource): Reading | undefined {
  const stats = source.stats()
  if (stats.closed) return undefined
  const { name } = source
  if (typeof name !== 'string') throw new TypeError(`a pool must have a name, a string; it is ${shown(name)}`)
  const { kind, sizeClasses, bufferSize } = stats
  if (typeof kind !== 'string') throw new TypeError(`the kind of pool '${name}' must be a string; it is ${shown(kind)}`)
  const rows = sizeClasses.map((one) => {
    return { sizeClass: String(one.bufferSize), figures: figuresOf(name, classFamilies, (family) => family.ofClass(one)) }
  })
  const other = figuresOf(name, classFamilies, (family) => figureBeyondClasses(family, stats))
  // A pool of several sizes may take others: its row is there from the start, so that its counters begin at 0.
  if (sizeClasses.length === 0 || bufferSize === null || other.some((figure) => figure > 0))
    rows.push({ sizeClass: 'other', figures: other })
  return { name, kind, figures: figuresOf(name, poolFamilies, (family) => family.ofPool(stats) ?? Number.NaN), rows }
}

function figuresOf<F extends Family>(pool: string, families: readonly F[], figureOf: (family: F) => number): Float64Array {
  const figures = new Float64Array(families.length)
  // Not Float64Array.from: it goes through an iterator, and this is done for every size class of every pool.
  for (let index = 0; index < families.length; index++) {
    const family = families[index] as F
    const figure = figureOf(family)
    if (typeof figure !== 'number') throw new TypeError(`${family.name} of pool '${pool}' must be a number; it is ${shown(figure)}`)
    figures[index] = figure
  }
  return figures
}

/** The part of a pool's figure outside its size classes: of buffers above the largest, or of all buffers of a pool that has no classes. */
function figureBeyondClasses(family: ClassFamily, stats: PoolStats): number {
  const { ofClass, ofPool, keptOnly } = family
  if (ofPool === undefined || (keptOnly === true && stats.sizeClasses.length > 0)) return Number.NaN
  return stats.sizeClasses.reduce((rest, one) => rest - ofClass(one), ofPool(stats))
}
