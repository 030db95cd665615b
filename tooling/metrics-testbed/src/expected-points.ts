import type { PoolStats } from '@pool/core/interfaces'

/** A figure that is to arrive. */
export interface ExpectedPoint {
  readonly name: string
  readonly kind: 'counter' | 'upDownCounter' | 'gauge'
  readonly unit: string
  readonly sizeClass?: string
  readonly value: number
}

/** Every figure of `stats()` that is exported. */
export function expectedPoints(stats: PoolStats): ExpectedPoint[] {
  const { sizeClasses } = stats
  const points: ExpectedPoint[] = [
    { name: 'pool.buffer.utilization', kind: 'gauge', unit: '1', value: stats.utilization },
    { name: 'pool.buffer.hit_ratio', kind: 'gauge', unit: '1', value: stats.hitRatio },
    { name: 'pool.buffer.reuse_ratio', kind: 'gauge', unit: '1', value: stats.reuseRatio },
    {
      name: 'pool.buffer.memory.pressure',
      kind: 'gauge',
      unit: '1',
      value: ['normal', 'elevated', 'critical'].indexOf(stats.memoryPressure)
    },
    { name: 'pool.buffer.memory.used', kind: 'upDownCounter', unit: 'By', value: stats.inUseBytes },
    { name: 'pool.buffer.memory.idle', kind: 'upDownCounter', unit: 'By', value: stats.idleBytes },
    { name: 'pool.buffer.memory.limit', kind: 'upDownCounter', unit: 'By', value: stats.maxLiveBytes },
    { name: 'pool.buffer.pending_requests', kind: 'upDownCounter', unit: '{request}', value: stats.waiting },
    { name: 'pool.buffer.exhaustions', kind: 'counter', unit: '{acquisition}', value: stats.exhaustions },
    { name: 'pool.buffer.timeouts', kind: 'counter', unit: '{timeout}', value: stats.timeouts },
    { name: 'pool.buffer.leaks', kind: 'counter', unit: '{buffer}', value: stats.leaked }
  ]
  if (stats.fragmentationRatio !== undefined) {
    points.push({ name: 'pool.buffer.fragmentation', kind: 'gauge', unit: '1', value: stats.fragmentationRatio })
  }
  for (const one of sizeClasses) {
    const sizeClass = String(one.bufferSize)
    points.push(
      { name: 'pool.buffer.hits', kind: 'counter', unit: '{acquisition}', sizeClass, value: one.hits },
      { name: 'pool.buffer.misses', kind: 'counter', unit: '{acquisition}', sizeClass, value: one.misses },
      { name: 'pool.buffer.releases', kind: 'counter', unit: '{release}', sizeClass, value: one.releases },
      { name: 'pool.buffer.discards', kind: 'counter', unit: '{buffer}', sizeClass, value: one.discards },
      { name: 'pool.buffer.memory.allocated', kind: 'counter', unit: 'By', sizeClass, value: one.bytesAllocated },
      { name: 'pool.buffer.memory.reused', kind: 'counter', unit: 'By', sizeClass, value: one.bytesReused },
      { name: 'pool.buffer.used', kind: 'upDownCounter', unit: '{buffer}', sizeClass, value: one.inUse },
      { name: 'pool.buffer.idle', kind: 'upDownCounter', unit: '{buffer}', sizeClass, value: one.available }
    )
  }
  if (stats.oversize > 0) {
    const misses = stats.misses - sizeClasses.reduce((sum, one) => sum + one.misses, 0)
    points.push({ name: 'pool.buffer.misses', kind: 'counter', unit: '{acquisition}', sizeClass: '_OTHER', value: misses })
  }
  return points
}
