import type { Arena } from '../arena/arena.js'
import type { BufferRecord } from '../arena/buffer-record.js'
import type { StatsSource } from '../interfaces/stats-source.js'
import * as check from '../kit/checks.js'
import { PoolError } from '../kit/errors.js'
import { livePools } from '../kit/observing/pool-directory.js'
import { arenaOf, Pool } from '../pools/pool.js'

/**
 * Runs `fn` and fails when it ends with more buffers out than before, in any pool of the process that announced itself, those
 * made meanwhile included. Says where each was acquired, where the pool is one of this package.
 * @returns the result of `fn`
 * @throws (rejects) `ERR_POOL_LEAK`, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` is not a function
 * @example
 * ```ts
 * await expectNoLeaks(() => handleRequest(request))
 * ```
 */
export async function expectNoLeaks<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  check.validFunction('fn', fn)
  const before = new Map<StatsSource, number>()
  const tracing = [...livePools.sources()].filter((source) => source instanceof Pool).map((pool) => new Tracing(pool))
  for (const source of livePools.sources()) before.set(source, source.stats().outstanding)
  try {
    const result = await fn()
    // Pools that were destroyed meanwhile are no longer announced.
    const leaks = [...new Set([...before.keys(), ...livePools.sources()])].flatMap((source) => {
      const more = source.stats().outstanding - (before.get(source) ?? 0)
      return more > 0 ? [`pool '${source.name}': ${more} more buffers are out than before. Release each exactly once.`] : []
    })
    if (leaks.length === 0) return result
    throw new PoolError('ERR_POOL_LEAK', [...leaks, ...tracing.flatMap((pool) => pool.places())].join('\n'))
  } finally {
    for (const pool of tracing) pool.stop()
  }
}

/** For each arena, the number of tracings now, and whether it was traced before the first of them. */
const tracings = new WeakMap<Arena, { count: number; readonly tracedBefore: boolean }>()

/** Notes where each buffer of a pool is acquired, for a while; several may do so at the same time. */
class Tracing {
  readonly #arena: Arena
  readonly #outBefore: ReadonlySet<BufferRecord>

  constructor(pool: Pool) {
    this.#arena = arenaOf(pool)
    this.#outBefore = new Set(this.#arena.leaks.traced)
    const tracing = tracings.get(this.#arena) ?? { count: 0, tracedBefore: this.#arena.leaks.tracesAll }
    tracing.count++
    tracings.set(this.#arena, tracing)
    this.#setTracing(true)
  }

  places(): string[] {
    const out = [...this.#arena.leaks.traced].filter((record) => !this.#outBefore.has(record))
    return out.map((record) => `pool '${this.#arena.name}': acquired, and still out\n${record.trace?.acquiredAt}`)
  }

  stop(): void {
    const tracing = tracings.get(this.#arena)
    if (tracing === undefined || --tracing.count > 0) return
    tracings.delete(this.#arena)
    this.#setTracing(tracing.tracedBefore)
  }

  #setTracing(on: boolean): void {
    this.#arena.leaks.tracesAll = on
    this.#arena.waitingChanged()
  }
}
