import type { PoolHealth, PoolStats, StatsSource } from '../../interfaces/stats-source.js'
import { invalid } from '../checks.js'

/** For how long a pool that ran out is warned of, in ms. */
const recentMs = 60_000
/** Utilisation from which on a pool is warned of. */
const crowded = 0.9
/** For how long a pool may serve nothing, while acquires ask for memory, before it counts as unhealthy, in ms. */
const stalledMs = 5000

/**
 * Judges any pool by its figures. A warning is for a person to look at; an error means that the pool does not serve.
 *
 * The verdict does not flap: a pool that is full, or has waiting acquires, does its work as long as buffers come back, so that is
 * a warning. It becomes an error once the pool has served nothing for 5 seconds although acquires asked, and ends with the next that is
 * served. The other error is critical memory pressure, which ends 5 % below its threshold. A pool that does not measure `stalledMs` is
 * judged by the time since its last exhaustion: each acquire that waits has waited for at least that long.
 * @throws `ERR_POOL_INVALID_OPTION` when `stats` is not a snapshot
 */
export function assessHealth(stats: PoolStats): PoolHealth {
  if (typeof stats !== 'object' || stats === null) throw invalid('stats', 'a snapshot of a pool', stats)
  const { name, inUse, utilization, leaked, leakedBytes, waiting, heldTooLong, exhaustions, msSinceExhaustion, memoryPressure } = stats
  const warnings: string[] = []
  const errors: string[] = []
  const warnIf = (holds: boolean, warning: string) => holds && warnings.push(`pool '${name}': ${warning}`)
  const failIf = (holds: boolean, error: string) => holds && errors.push(`pool '${name}': ${error}`)
  const percent = Math.floor(utilization * 100)
  warnIf(leaked > 0, `${leaked} buffers (${leakedBytes} bytes) were collected without release.`)
  warnIf(heldTooLong > 0, `${heldTooLong} buffers are held for too long.`)
  warnIf(utilization > crowded, `${percent} % of its bound is in use.`)
  warnIf(waiting > 0, `${waiting} acquires wait.`)
  warnIf(
    msSinceExhaustion !== null && msSinceExhaustion < recentMs,
    `it ran out within the last minute, ${exhaustions} times since it was made.`
  )
  warnIf(stats.quarantined > 0, `${stats.quarantined} buffers were withdrawn, since pending I/O may still write to them.`)
  warnIf(stats.refusedReleases > 0, `${stats.refusedReleases} releases were refused: double, or of what it did not make.`)
  warnIf(memoryPressure === 'elevated', 'memory is short.')
  failIf(memoryPressure === 'critical', 'memory is critically short.')
  const stalled = stats.stalledMs ?? (waiting > 0 ? (msSinceExhaustion ?? 0) : 0)
  failIf(
    stalled >= stalledMs,
    `it has served nothing for ${Math.floor(stalled / 1000)} s; ${inUse} buffers are in use, and ${waiting} acquires wait.`
  )
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
