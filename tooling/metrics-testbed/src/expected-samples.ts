import type { PoolStats } from '@pool/core/interfaces'
import type { Sample } from './prometheus-server.js'

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
    ofClass('size_class_reuse_ratio', one.bytesReused > 0 ? one.bytesReused / (one.bytesReused + one.bytesAllocated) : 0)
  }
  return samples
}

/** The samples of pools among those that a server has, by the names that {@link expectedSamples} gives them. */
export function poolSamples(samples: readonly Sample[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { labels, value } of samples) {
    const { __name__, pool, size_class } = labels
    const inBraces = `pool="${pool}"${size_class === undefined ? '' : `,size_class="${size_class}"`}`
    if (pool !== undefined) found.set(`${__name__}{${inBraces}}`, value)
  }
  return found
}

/** How the value of a series is made from those of several processes, by its name. */
export function combinedSample(series: string, values: readonly number[]): number {
  if (/hit_ratio|reuse_ratio/.test(series)) return Math.min(...values)
  if (/_ratio|_level/.test(series)) return Math.max(...values)
  return values.reduce((sum, value) => sum + value)
}
