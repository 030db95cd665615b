import type { PoolStats } from '@pool/core/interfaces'

/** Ratios from the counts of a page, and figures by the time of day, need no comparison: all others of `stats()`, as samples. */
export function expectedSamples(stats: PoolStats): Map<string, number> {
  const { name: pool } = stats
  const samples = new Map<string, number>()
  const ofPool = (name: string, value: number) => samples.set(`buffer_pool_${name}{pool="${pool}"}`, value)
  ofPool('hit_ratio', stats.hitRatio)
  ofPool('reuse_ratio', stats.reuseRatio)
  ofPool('utilization_ratio', stats.utilization)
  ofPool('live_bytes', stats.liveBytes)
  ofPool('idle_bytes', stats.idleBytes)
  ofPool('exhaustions_total', stats.exhaustions)
  ofPool('waiting', stats.waiting)
  ofPool('timeouts_total', stats.timeouts)
  ofPool('leaks_total', stats.leaked)
  ofPool('memory_pressure_level', ['normal', 'elevated', 'critical'].indexOf(stats.memoryPressure))
  if (stats.fragmentationRatio !== undefined) ofPool('fragmentation_ratio', stats.fragmentationRatio)
  for (const one of stats.sizeClasses) {
    const ofClass = (name: string, value: number) =>
      samples.set(`buffer_pool_${name}{pool="${pool}",size_class="${one.bufferSize}"}`, value)
    ofClass('gets_total', one.acquisitions)
    ofClass('puts_total', one.releases)
    ofClass('hits_total', one.hits)
    ofClass('misses_total', one.misses)
    ofClass('discards_total', one.discards)
    ofClass('bytes_allocated_total', one.bytesAllocated)
    ofClass('bytes_reused_total', one.bytesReused)
    ofClass('buffers_in_use', one.inUse)
    ofClass('buffers_idle', one.available)
    ofClass('size_class_hit_ratio', one.hitRatio)
  }
  return samples
}
