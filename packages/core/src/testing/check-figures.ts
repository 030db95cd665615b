import assert from 'node:assert/strict'
import type { PoolStats } from '../interfaces/stats-source.js'

/** Asserts the relations that hold among the figures of any pool at any time. */
export function checkFigures(stats: PoolStats): void {
  for (const [name, value] of Object.entries(stats)) assert.ok(!Number.isNaN(value), `${name} is NaN`)
  for (const name of ['hitRatio', 'reuseRatio', 'utilization'] as const) {
    assert.ok(stats[name] >= 0 && stats[name] <= 1, `${name} is ${stats[name]}`)
  }
  assert.equal(stats.total, stats.available + stats.inUse, 'total')
  assert.equal(stats.liveBytes, stats.inUseBytes + stats.idleBytes, 'liveBytes')
  assert.equal(stats.acquisitions, stats.hits + stats.misses, 'acquisitions')
  assert.equal(stats.outstanding, stats.acquisitions - stats.releases, 'outstanding')
  assert.equal(stats.outstanding, stats.inUse + stats.leaked, 'inUse')
  assert.ok(stats.liveBytes <= stats.maxLiveBytes, `${stats.liveBytes} bytes alive, above ${stats.maxLiveBytes}`)
  assert.ok(stats.idleBytes <= stats.maxIdleBytes, `${stats.idleBytes} bytes idle, above ${stats.maxIdleBytes}`)
  assert.ok(stats.peakInUse >= stats.inUse, 'peakInUse')
}
