import type { StatsDirectory, StatsSource } from '../interfaces/stats-source.js'
import * as check from './checks.js'

const key = Symbol.for('@pool/core.directory')

// Shared by every copy of this package in the process, ESM and CJS alike.
const shared = globalThis as { [key]?: Set<WeakRef<StatsSource>> }
shared[key] ??= new Set()
const everyone = shared[key]

/**
 * Makes a pool known to {@link livePools}; it is held weakly, and known once however often it is announced. Pools of this package
 * do so by themselves.
 * @throws `ERR_POOL_INVALID_OPTION` when `source` is none
 */
export function announcePool(source: StatsSource): void {
  if (typeof source !== 'object' || source === null) throw check.invalid('source', 'a pool', source)
  check.validFunction('source.stats', source.stats)
  for (const other of livePools.sources()) if (other === source) return
  everyone.add(new WeakRef(source))
}

/** Takes a destroyed pool out again. */
export function retirePool(source: StatsSource): void {
  for (const reference of everyone) {
    const other = reference.deref()
    if (other === undefined || other === source) everyone.delete(reference)
  }
}

/** Every pool of the process that was made and not destroyed or collected, in the order in which they were made. */
export const livePools: StatsDirectory = {
  *sources() {
    for (const reference of everyone) {
      const source = reference.deref()
      if (source === undefined) everyone.delete(reference)
      else yield source
    }
  }
}
