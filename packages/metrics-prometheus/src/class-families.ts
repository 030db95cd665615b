import type { ClassFamily } from './family.js'

const counter = { type: 'counter', combine: 'sum' } as const
const gauge = { type: 'gauge', combine: 'sum' } as const

/** The families with a sample for each size class: eleven, and no more. */
export const classFamilies: readonly ClassFamily[] = [
  {
    ...counter,
    name: 'gets_total',
    help: 'Buffers handed out.',
    ofClass: (stats) => stats.acquisitions,
    ofPool: (stats) => stats.acquisitions
  },
  {
    ...counter,
    name: 'puts_total',
    help: 'Buffers given back.',
    ofClass: (stats) => stats.releases,
    ofPool: (stats) => stats.releases
  },
  {
    ...counter,
    name: 'hits_total',
    help: 'Gets served by a buffer that was used before or made ahead.',
    keptOnly: true,
    ofClass: (stats) => stats.hits,
    ofPool: (stats) => stats.hits
  },
  {
    ...counter,
    name: 'misses_total',
    help: 'Gets that had to allocate.',
    ofClass: (stats) => stats.misses,
    ofPool: (stats) => stats.misses
  },
  {
    ...counter,
    name: 'discards_total',
    help: 'Buffers given back and not kept.',
    ofClass: (stats) => stats.discards,
    ofPool: (stats) => stats.discards
  },
  {
    ...counter,
    name: 'bytes_allocated_total',
    help: 'Bytes allocated, ahead and on demand.',
    ofClass: (stats) => stats.bytesAllocated,
    ofPool: (stats) => stats.bytesAllocated
  },
  {
    ...counter,
    name: 'bytes_reused_total',
    help: 'Bytes handed out without allocating.',
    keptOnly: true,
    ofClass: (stats) => stats.bytesReused,
    ofPool: (stats) => stats.bytesReused
  },
  {
    ...gauge,
    name: 'buffers_in_use',
    help: 'Buffers out with users now.',
    ofClass: (stats) => stats.inUse,
    ofPool: (stats) => stats.inUse
  },
  {
    ...gauge,
    name: 'buffers_idle',
    help: 'Buffers idle in the pool now.',
    keptOnly: true,
    ofClass: (stats) => stats.available,
    ofPool: (stats) => stats.available
  },
  {
    type: 'gauge',
    combine: 'min',
    name: 'size_class_hit_ratio',
    help: 'Share of the gets of a size class that were hits, since the pool was made, 0 to 1.',
    ofClass: (stats) => stats.hitRatio
  },
  {
    type: 'gauge',
    combine: 'min',
    name: 'size_class_reuse_ratio',
    help: 'Share of the bytes of a size class, handed out or made ahead, that were reused, since the pool was made, 0 to 1.',
    ofClass: ({ bytesReused, bytesAllocated }) => (bytesReused > 0 ? bytesReused / (bytesReused + bytesAllocated) : 0)
  }
]
