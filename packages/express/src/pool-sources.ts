import { livePools, PoolError, type StatsDirectory, type StatsSource } from '@pool/core'

/** The pools that a route speaks of: one, several, or whatever a directory such as `livePools` or a `PoolManager` knows. */
export type PoolSources = StatsSource | Iterable<StatsSource> | StatsDirectory

/** A way to list the pools at each request; those made later are among them where a directory was given. */
export function listSources(pools: PoolSources = livePools): () => Iterable<StatsSource> {
  if (typeof pools === 'object' && pools !== null) {
    if ('sources' in pools && typeof pools.sources === 'function') return () => pools.sources()
    if ('stats' in pools && typeof pools.stats === 'function') return () => [pools]
    if (Symbol.iterator in pools) {
      const listed = [...pools]
      if (listed.every((pool) => typeof pool?.stats === 'function')) return () => listed
    }
  }
  throw new PoolError(
    'ERR_POOL_INVALID_OPTION',
    'pools must be a pool, several pools, or a directory of pools; leave it out for every pool of the process.'
  )
}
