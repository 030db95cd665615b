import type { PoolHealth, PoolStats, StatsSource } from '../interfaces/stats-source.js'
import { invalid } from './checks.js'

/** How long a pool that ran out is warned of, in ms. */
const recentMs = 60_000
/** Utilisation from which on a pool is warned of. */
const crowded = 0.9

/**
 * Judges any pool by its figures. A warning is for somebody to look at; an error keeps the pool from serving.
 * @throws `ERR_POOL_INVALID_OPTION` when `stats` is no snapshot
 */
export function assessHealth(stats: PoolStats): PoolHealth {
  if (typeof stats !== 'object' || stats === null) throw invalid('stats', 'a snapshot of a pool', stats)
  const { name, inUse, utilization, leaked, leakedBytes, waiting, heldTooLong, exhaustions, msSinceExhaustion, memoryPressure } = stats
  const warnings: string[] = []
  const errors: string[] = []
  const warnIf = (holds: boolean, warning: string) => holds && warnings.push(`pool '${name}': ${warning}`)
  const percent = Math.floor(utilization * 100)
  warnIf(leaked > 0, `${leaked} buffers (${leakedBytes} bytes) were collected without release.`)
  warnIf(heldTooLong > 0, `${heldTooLong} buffers are held for too long.`)
  warnIf(utilization > crowded, `${percent} % of its bound is in use.`)
  warnIf(
    msSinceExhaustion !== null && msSinceExhaustion < recentMs,
    `it ran out within the last minute, ${exhaustions} times since it was made.`
  )
  warnIf(stats.quarantined > 0, `${stats.quarantined} buffers were withdrawn, since somebody may still write to them.`)
  warnIf(stats.refusedReleases > 0, `${stats.refusedReleases} releases were refused: double, or of what it did not make.`)
  warnIf(memoryPressure === 'elevated', 'memory is short.')
  if (memoryPressure === 'critical') errors.push(`pool '${name}': memory is critically short.`)
  if (waiting > 0) errors.push(`pool '${name}': nothing is free, ${inUse} buffers are in use, and ${waiting} acquires wait.`)
  else if (utilization >= 1) errors.push(`pool '${name}': all of its bound is in use.`)
  return healthOf(warnings, errors)
}

/** A verdict: healthy when there is no error. */
export function healthOf(warnings: readonly string[], errors: readonly string[]): PoolHealth {
  return Object.freeze({ healthy: errors.length === 0, warnings: Object.freeze([...warnings]), errors: Object.freeze([...errors]) })
}

/** One verdict over several pools: healthy when none has an error. A pool without `healthCheck` is judged by its figures. */
export function combinedHealth(pools: Iterable<StatsSource & { healthCheck?(): PoolHealth }>): PoolHealth {
  const all = [...pools].map((pool) => pool.healthCheck?.() ?? assessHealth(pool.stats()))
  return healthOf(
    all.flatMap(({ warnings }) => warnings),
    all.flatMap(({ errors }) => errors)
  )
}
