import type { PoolStats, SizeClassStats } from '@pool/core/interfaces'

/** A metric family of the page: one name, one type, a sample for each pool or size class. */
export interface Family {
  /** The name without the prefix. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  /**
   * How figures of one series become one, across pools of the same name and across the workers of a cluster. Counts and bytes
   * add up; a ratio is the worst of them, since a mean would hide the one worker that is in trouble.
   */
  readonly combine: 'sum' | 'min' | 'max'
}

/** A family with a sample for each pool. */
export interface PoolFamily extends Family {
  /** The figure, or `undefined` where a pool of that kind has none. */
  readonly ofPool: (stats: PoolStats) => number | undefined
}

/** A family with a sample for each size class of each pool. */
export interface ClassFamily extends Family {
  readonly ofClass: (stats: SizeClassStats) => number
  /** The figure of the whole pool; the difference to the sum of the classes belongs to buffers outside the classes. */
  readonly ofPool?: (stats: PoolStats) => number
  /** Whether only kept buffers have the figure: those above the largest class are never kept. */
  readonly keptOnly?: true
}
