import type { PoolHealth, PoolStats, StatsDirectory, StatsSource } from '../interfaces/stats-source.js'
import * as check from '../kit/checks.js'
import { PoolError } from '../kit/errors.js'
import { combinedHealth } from '../kit/observing/health.js'
import { BufferPool, type BufferPoolOptions, bufferPoolOptionNames } from './buffer-pool.js'
import { givenOptions } from './pool-options.js'

/** A pool that a {@link PoolManager} can look after: any source of stats; with `destroy`, it can end it too. */
export interface ManagedPool extends StatsSource {
  /** Judges the pool; where there is none, its stats are judged. */
  healthCheck?(): PoolHealth
  /** Ends the pool. */
  destroy?(): void
}

/** Named pools: one place to get them, to read their figures, to ask for their health, and to end them. */
export class PoolManager implements StatsDirectory {
  readonly #pools = new Map<string, ManagedPool>()
  readonly #options = new Map<string, string>()

  /**
   * Gets the {@link BufferPool} of that name, or makes it.
   * @param options - of the pool to make. Where the pool exists, leave them out or give the same again.
   * @throws `ERR_POOL_NAME_TAKEN` when a pool of that name has other options, or is not a BufferPool; `ERR_POOL_INVALID_OPTION`
   */
  getPool(name: string, options?: Omit<BufferPoolOptions, 'name'>): BufferPool {
    check.validName('name', name)
    if (options !== undefined) check.validOptions('options', options, optionNames)
    const existing = this.#live(name)
    if (options === undefined && existing instanceof BufferPool) return existing
    const given = givenOptions(options ?? {}, optionNames)
    if (existing === undefined) {
      const pool = new BufferPool({ ...given, name })
      this.add(pool)
      this.#options.set(name, identityOf(given))
      return pool
    }
    if (existing instanceof BufferPool && this.#options.get(name) === identityOf(given)) return existing
    const cure =
      existing instanceof BufferPool
        ? `was made with other options. Call getPool('${name}') without options to share it, or choose another name`
        : `is not a BufferPool: it was made elsewhere and added. Use it where it was made, or choose another name`
    throw new PoolError('ERR_POOL_NAME_TAKEN', `the pool '${name}' ${cure}.`)
  }

  /**
   * Looks after a pool that was made elsewhere, of any kind. It stands under its own name.
   * @returns the pool
   * @throws `ERR_POOL_NAME_TAKEN` when another pool has the name
   */
  add<P extends ManagedPool>(pool: P): P {
    if (typeof pool !== 'object' || pool === null) throw check.invalid('pool', 'a pool', pool)
    check.validName('pool.name', pool.name)
    check.validFunction('pool.stats', pool.stats)
    const existing = this.#live(pool.name)
    if (existing !== undefined && existing !== pool) {
      throw new PoolError('ERR_POOL_NAME_TAKEN', `a pool '${pool.name}' exists. Choose another name.`)
    }
    this.#pools.set(pool.name, pool)
    return pool
  }

  /** Whether there is a pool of that name. */
  has(name: string): boolean {
    return this.#live(name) !== undefined
  }

  /** The pools, in the order in which they came; those destroyed elsewhere are left out. */
  *sources(): Iterable<ManagedPool> {
    for (const name of [...this.#pools.keys()]) {
      const pool = this.#live(name)
      if (pool !== undefined) yield pool
    }
  }

  /** A snapshot of every pool, by name. */
  getStats(): Readonly<Record<string, PoolStats>> {
    return Object.freeze(Object.fromEntries([...this.sources()].map((pool) => [pool.name, pool.stats()])))
  }

  /** The health of all: healthy when no pool has an error. */
  healthCheck(): PoolHealth {
    return combinedHealth(this.sources())
  }

  /**
   * Destroys every pool that can be, and forgets all of them.
   * @throws the first that a pool of another kind threw, once every pool had its turn
   */
  destroyAll(): void {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    this.#options.clear()
    const errors: unknown[] = []
    for (const pool of pools) {
      try {
        pool.destroy?.()
      } catch (error) {
        errors.push(error)
      }
    }
    // One that fails must not keep the others alive.
    if (errors.length > 0) throw errors[0]
  }

  #live(name: string): ManagedPool | undefined {
    const pool = this.#pools.get(name)
    if (pool === undefined || !('closed' in pool) || pool.closed !== true) return pool
    this.#pools.delete(name)
    this.#options.delete(name)
    return undefined
  }
}

const optionNames = bufferPoolOptionNames.filter((name) => name !== 'name')

/**
 * The manager that every module of the process shares, as far as it loads the same copy of this package: ESM and CommonJS have one each.
 * `livePools` knows the pools of all copies.
 */
export const poolManager: PoolManager = new PoolManager()

/** A string that is equal for equal sets of options. Both sets are valid; so no value is nested deeper than `memoryPressure`. */
function identityOf(options: Omit<BufferPoolOptions, 'name'>): string {
  const { memoryPressure, ...others } = options
  return JSON.stringify([entriesOf(others), memoryPressure ? entriesOf(memoryPressure) : memoryPressure])
}

function entriesOf(options: object): string[] {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return given.map(([name, value]) => `${name}: ${typeof value} ${typeof value === 'object' ? '' : String(value)}`).sort()
}
