import type { StatsDirectory, StatsSource } from '../../interfaces/stats-source.js'
import * as check from '../checks.js'
import { WeakDirectory } from './weak-directory.js'

const pools = new WeakDirectory<StatsSource>('@pool/core.directory.2')

/**
 * Makes a pool known to {@link livePools}; it is held weakly, and known once however often it is announced. Pools of this package
 * do so by themselves.
 * @throws `ERR_POOL_INVALID_OPTION` when `source` is none
 */
export function announcePool(source: StatsSource): void {
  if (typeof source !== 'object' || source === null) throw check.invalid('source', 'a pool', source)
  check.validFunction('source.stats', source.stats)
  pools.add(source)
}

/** Takes a destroyed pool out again. */
export function retirePool(source: StatsSource): void {
  pools.delete(source)
}

/** Every pool of the process that was made and not destroyed or collected, in the order in which they were made. */
export const livePools: StatsDirectory = { sources: () => pools.sources() }
