import type { MemoryPressureLevel } from '@pool/core/interfaces'
import type { PoolFamily } from './family.js'

const counter = { type: 'counter', combine: 'sum' } as const
const gauge = { type: 'gauge', combine: 'sum' } as const
const pressureLevels: Readonly<Record<MemoryPressureLevel, number>> = { normal: 0, elevated: 1, critical: 2 }

/** The families with a sample for each pool: eleven, and no more. */
export const poolFamilies: readonly PoolFamily[] = [
  {
    type: 'gauge',
    combine: 'min',
    name: 'hit_ratio',
    help: 'Share of all gets that were hits, since the pool was made, 0 to 1.',
    ofPool: (stats) => stats.hitRatio
  },
  {
    type: 'gauge',
    combine: 'min',
    name: 'reuse_ratio',
    help: 'Share of all bytes handed out or made ahead that were reused, since the pool was made, 0 to 1.',
    ofPool: (stats) => stats.reuseRatio
  },
  {
    type: 'gauge',
    combine: 'max',
    name: 'utilization_ratio',
    help: 'Share of the pool’s bound that is in use, by count or by bytes, whichever is nearer, 0 to 1.',
    ofPool: (stats) => stats.utilization
  },
  {
    type: 'gauge',
    combine: 'max',
    name: 'fragmentation_ratio',
    help: 'Share of a slab’s free memory that is not in its largest free run, 0 to 1; only pools that carve a slab have it.',
    ofPool: (stats) => stats.fragmentationRatio
  },
  {
    type: 'gauge',
    combine: 'max',
    name: 'memory_pressure_level',
    help: 'How short the process is of memory: 0 normal, 1 elevated, 2 critical.',
    ofPool: (stats) => pressureLevels[stats.memoryPressure]
  },
  { ...gauge, name: 'live_bytes', help: 'Bytes that the pool keeps alive, out and idle together.', ofPool: (stats) => stats.liveBytes },
  { ...gauge, name: 'idle_bytes', help: 'Bytes idle in the pool.', ofPool: (stats) => stats.idleBytes },
  { ...gauge, name: 'waiting', help: 'Gets that wait for a buffer now.', ofPool: (stats) => stats.waiting },
  {
    ...counter,
    name: 'exhaustions_total',
    help: 'Gets refused or made to wait because a bound was reached.',
    ofPool: (stats) => stats.exhaustions
  },
  { ...counter, name: 'timeouts_total', help: 'Waits that ended by their timeout.', ofPool: (stats) => stats.timeouts },
  {
    ...counter,
    name: 'leaks_total',
    help: 'Buffers that were collected while out: they were never given back.',
    ofPool: (stats) => stats.leaked
  }
]
