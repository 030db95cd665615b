import type { Arena } from '../arena.js'
import type { BufferRecord } from '../buffer-record.js'
import { PoolError } from '../errors.js'
import type { StatsSource } from '../interfaces/stats-source.js'
import { arenaOf, Pool } from '../pool.js'
import { livePools } from '../pool-directory.js'
import { placeIn } from '../stack-of-caller.js'

/**
 * Runs `fn` and fails when it ends with more buffers out than before, in any pool of the process that announced itself, those
 * made meanwhile included. Says where each was acquired, where the pool is one of this package.
 * @returns what `fn` returns
 * @throws (rejects) `ERR_POOL_LEAK`, or what `fn` throws
 * @example
 * ```ts
 * await expectNoLeaks(() => handleRequest(request))
 * ```
 */
export async function expectNoLeaks<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  const before = new Map<StatsSource, number>()
  const tracing = [...livePools.sources()].filter((source) => source instanceof Pool).map((pool) => new Tracing(pool))
  for (const source of livePools.sources()) before.set(source, source.stats().outstanding)
  try {
    const result = await fn()
    const leaks = [...livePools.sources()].flatMap((source) => {
      const more = source.stats().outstanding - (before.get(source) ?? 0)
      return more > 0 ? [`pool '${source.name}': ${more} more buffers are out than before. Release each exactly once.`] : []
    })
    if (leaks.length === 0) return result
    throw new PoolError('ERR_POOL_LEAK', [...leaks, ...tracing.flatMap((pool) => pool.places())].join('\n'))
  } finally {
    for (const pool of tracing) pool.stop()
  }
}

/** Notes where each buffer of a pool is acquired, for a while. */
class Tracing {
  readonly #arena: Arena
  readonly #tracedBefore: boolean
  readonly #outBefore: ReadonlySet<BufferRecord>

  constructor(pool: Pool) {
    this.#arena = arenaOf(pool)
    this.#outBefore = new Set(this.#arena.leaks.traced)
    this.#tracedBefore = this.#arena.leaks.tracesAll
    this.#setTracing(true)
  }

  places(): string[] {
    const out = [...this.#arena.leaks.traced].filter((record) => !this.#outBefore.has(record))
    return out.map((record) => `pool '${this.#arena.name}': acquired, and still out\n${placeIn(record.acquiredAt)}`)
  }

  stop(): void {
    this.#setTracing(this.#tracedBefore)
  }

  #setTracing(on: boolean): void {
    this.#arena.leaks.tracesAll = on
    this.#arena.setAttention()
  }
}
