import type { MemoryPressureLevel, PoolStats, SizeClassStats } from '@pool/core/interfaces'

/**
 * Names, units and attributes of all that this package observes, by the rules of OpenTelemetry's semantic conventions.
 *
 * The models are `jvm.buffer.*` (`memory.used`, `memory.limit`, in `By`) and `db.client.connection.*` (`pending_requests`,
 * `timeouts`). Counts of things are plural and carry the thing as unit in braces; no name says `total` or `count`, which
 * exporters add. Figures that add up over pools are counters or up-down counters; the others are gauges. The buffers in use and the
 * idle ones are two instruments and not one with a `state`: the SDK keeps 2000 attribute sets of an instrument, which 100 pools of
 * 12 classes in two states would exceed.
 */

/** The pool's name. */
export const ATTR_POOL_NAME = 'pool.name'
/** The kind of the pool: `buffer`, `size-class`, `secure`, `block`, … */
export const ATTR_POOL_KIND = 'pool.kind'
/** Bytes of a buffer of the size class, in decimal; {@link SIZE_CLASS_OTHER} for buffers of no class. */
export const ATTR_POOL_SIZE_CLASS = 'pool.size_class'
/** The buffers outside the size classes: those above the largest, or all of a pool that has no classes. */
export const SIZE_CLASS_OTHER = '_OTHER'

/** An instrument, and how figures of one attribute set become one where several pools have the same name. */
export interface Instrument {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly kind: 'counter' | 'upDownCounter' | 'gauge'
  readonly combine: 'sum' | 'min' | 'max'
}

/** An instrument with a figure for each pool; `undefined` where a pool of that kind has none. */
export interface PoolInstrument extends Instrument {
  readonly ofPool: (stats: PoolStats) => number | undefined
}

/** An instrument with a figure for each size class of each pool. */
export interface ClassInstrument extends Instrument {
  readonly ofClass: (stats: SizeClassStats) => number
  /** The figure of the whole pool, of which the classes have a part. */
  readonly ofPool: (stats: PoolStats) => number
  /** Whether only kept buffers have the figure: those above the largest class are never kept. */
  readonly keptOnly: boolean
}

const counter = { kind: 'counter', combine: 'sum' } as const
const upDownCounter = { kind: 'upDownCounter', combine: 'sum' } as const
const gauge = { kind: 'gauge', unit: '1' } as const
const pressureLevels: Readonly<Record<MemoryPressureLevel, number>> = { normal: 0, elevated: 1, critical: 2 }

/** By pool name. */
export const poolInstruments: readonly PoolInstrument[] = [
  {
    ...gauge,
    combine: 'max',
    name: 'pool.buffer.utilization',
    description: 'Share of the bound of the pool that is in use, by count or by bytes, whichever is nearer.',
    ofPool: (stats) => stats.utilization
  },
  {
    ...gauge,
    combine: 'min',
    name: 'pool.buffer.hit_ratio',
    description: 'Share of all acquisitions that were served without allocating, since the pool was made.',
    ofPool: (stats) => stats.hitRatio
  },
  {
    ...gauge,
    combine: 'min',
    name: 'pool.buffer.reuse_ratio',
    description: 'Share of all bytes handed out or made ahead that were reused, since the pool was made.',
    ofPool: (stats) => stats.reuseRatio
  },
  {
    ...gauge,
    combine: 'max',
    name: 'pool.buffer.fragmentation',
    description: 'Share of the free memory of a slab that is not in its largest free run.',
    ofPool: (stats) => stats.fragmentationRatio
  },
  {
    ...gauge,
    combine: 'max',
    name: 'pool.buffer.memory.pressure',
    description: 'How short the process is of memory: 0 normal, 1 elevated, 2 critical.',
    ofPool: (stats) => pressureLevels[stats.memoryPressure]
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.memory.used',
    unit: 'By',
    description: 'Memory that is out with users.',
    ofPool: (stats) => stats.inUseBytes
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.memory.idle',
    unit: 'By',
    description: 'Memory that is idle in the pool.',
    ofPool: (stats) => stats.idleBytes
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.memory.limit',
    unit: 'By',
    description: 'The most memory that the pool may keep alive.',
    ofPool: (stats) => (stats.maxLiveBytes < Number.MAX_SAFE_INTEGER ? stats.maxLiveBytes : undefined)
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.pending_requests',
    unit: '{request}',
    description: 'Acquisitions that wait for a buffer.',
    ofPool: (stats) => stats.waiting
  },
  {
    ...counter,
    name: 'pool.buffer.exhaustions',
    unit: '{acquisition}',
    description: 'Acquisitions refused or made to wait because a bound was reached.',
    ofPool: (stats) => stats.exhaustions
  },
  {
    ...counter,
    name: 'pool.buffer.timeouts',
    unit: '{timeout}',
    description: 'Waits that ended by their timeout.',
    ofPool: (stats) => stats.timeouts
  },
  {
    ...counter,
    name: 'pool.buffer.leaks',
    unit: '{buffer}',
    description: 'Buffers that were collected while out: they were never released.',
    ofPool: (stats) => stats.leaked
  }
]

/** By pool name and size class. Acquisitions are hits and misses together. */
export const classInstruments: readonly ClassInstrument[] = [
  {
    ...counter,
    name: 'pool.buffer.hits',
    unit: '{acquisition}',
    description: 'Acquisitions served by a buffer that was used before or made ahead.',
    keptOnly: true,
    ofClass: (stats) => stats.hits,
    ofPool: (stats) => stats.hits
  },
  {
    ...counter,
    name: 'pool.buffer.misses',
    unit: '{acquisition}',
    description: 'Acquisitions that had to allocate.',
    keptOnly: false,
    ofClass: (stats) => stats.misses,
    ofPool: (stats) => stats.misses
  },
  {
    ...counter,
    name: 'pool.buffer.releases',
    unit: '{release}',
    description: 'Buffers given back.',
    keptOnly: false,
    ofClass: (stats) => stats.releases,
    ofPool: (stats) => stats.releases
  },
  {
    ...counter,
    name: 'pool.buffer.discards',
    unit: '{buffer}',
    description: 'Buffers given back and not kept.',
    keptOnly: false,
    ofClass: (stats) => stats.discards,
    ofPool: (stats) => stats.discards
  },
  {
    ...counter,
    name: 'pool.buffer.memory.allocated',
    unit: 'By',
    description: 'Memory allocated, ahead and on demand.',
    keptOnly: false,
    ofClass: (stats) => stats.bytesAllocated,
    ofPool: (stats) => stats.bytesAllocated
  },
  {
    ...counter,
    name: 'pool.buffer.memory.reused',
    unit: 'By',
    description: 'Memory handed out without allocating.',
    keptOnly: true,
    ofClass: (stats) => stats.bytesReused,
    ofPool: (stats) => stats.bytesReused
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.used',
    unit: '{buffer}',
    description: 'Buffers out with users.',
    keptOnly: false,
    ofClass: (stats) => stats.inUse,
    ofPool: (stats) => stats.inUse
  },
  {
    ...upDownCounter,
    name: 'pool.buffer.idle',
    unit: '{buffer}',
    description: 'Buffers idle in the pool.',
    keptOnly: true,
    ofClass: (stats) => stats.available,
    ofPool: (stats) => stats.available
  }
]

/** The failures of observation, without attributes. */
export const failuresInstrument: Instrument = {
  ...counter,
  name: 'pool.observation.failures',
  unit: '{failure}',
  description: 'Times that a pool or its directory threw when it was observed.'
}

/** The span of a wait, and how it ended: `served`, `timeout`, `aborted`, `closed`. */
export const SPAN_WAIT = 'pool.buffer.wait'
/** How a wait ended. */
export const ATTR_POOL_WAIT_OUTCOME = 'pool.wait.outcome'
/** The reason of a wait that ended without a buffer; a name of the general conventions. */
export const ATTR_ERROR_TYPE = 'error.type'
