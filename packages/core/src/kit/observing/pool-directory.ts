import type { StatsDirectory, StatsSource } from '../../interfaces/stats-source.js'
import * as check from '../checks.js'

const key = Symbol.for('@pool/core.directory.2')

// Shared by every copy of this package in the process, ESM and CJS alike.
interface Directory {
  /** In the order in which the pools were announced. */
  readonly references: Set<WeakRef<StatsSource>>
  readonly referenceOf: WeakMap<StatsSource, WeakRef<StatsSource>>
}
const shared = globalThis as { [key]?: Directory }
shared[key] ??= { references: new Set(), referenceOf: new WeakMap() }
const { references, referenceOf } = shared[key]

/**
 * Makes a pool known to {@link livePools}; it is held weakly, and known once however often it is announced. Pools of this package
 * do so by themselves.
 * @throws `ERR_POOL_INVALID_OPTION` when `source` is none
 */
export function announcePool(source: StatsSource): void {
  if (typeof source !== 'object' || source === null) throw check.invalid('source', 'a pool', source)
  check.validFunction('source.stats', source.stats)
  if (referenceOf.has(source)) return
  const reference = new WeakRef(source)
  referenceOf.set(source, reference)
  references.add(reference)
}

/** Takes a destroyed pool out again. */
export function retirePool(source: StatsSource): void {
  const reference = referenceOf.get(source)
  if (reference === undefined) return
  references.delete(reference)
  referenceOf.delete(source)
}

/** Every pool of the process that was made and not destroyed or collected, in the order in which they were made. */
export const livePools: StatsDirectory = {
  *sources() {
    for (const reference of references) {
      const source = reference.deref()
      if (source === undefined) references.delete(reference)
      else yield source
    }
  }
}
