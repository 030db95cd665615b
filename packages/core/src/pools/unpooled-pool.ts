import { type ArenaSettings, arenaSettings } from '../arena/arena-settings.js'
import * as refusals from '../arena/refusals.js'
import type { ClearPolicy } from '../arena/wiping.js'
import * as check from '../kit/checks.js'
import { useBuffer, useBufferSync } from '../kit/leases/scoped-use.js'
import type { NonSharedBuffer } from '../kit/memory/non-shared-buffer.js'
import { arenaOf, Pool } from './pool.js'
import { givenOptions } from './pool-options.js'

/** The options of an {@link UnpooledPool}. */
export interface UnpooledPoolOptions {
  /** The pool's name in errors, stats and metrics. Default: `pool-1`, `pool-2`, … */
  readonly name?: string
  /** Bound on the bytes that are out. Default: a quarter of the memory that the process may use. */
  readonly maxLiveBytes?: number
  /** The most buffers that are out. Default 1 048 576. */
  readonly maxSize?: number
  /** `'never'`: contents are not zeroed. Default `'release'`. */
  readonly clear?: ClearPolicy
  /** Default `'off'`, as a plain allocation has none. */
  readonly leakDetection?: 'off' | 'count' | 'sample' | 'all'
}

/**
 * The twin of a pool that pools nothing: each acquire allocates exactly `minBytes`, and each release leaves the memory to the collector. It has
 * the same interface, checks and bounds: the baseline to measure a pool against, and the switch to turn pooling off.
 */
export class UnpooledPool extends Pool {
  /** @throws `ERR_POOL_INVALID_OPTION`, naming the option */
  constructor(options: UnpooledPoolOptions = {}) {
    super(settingsOf(options))
  }

  /** Allocates exactly `minBytes`. */
  acquire(minBytes: number): NonSharedBuffer {
    return arenaOf(this).classFor(minBytes).take(minBytes)
  }

  /** Runs `fn` on `minBytes` bytes and releases them when the result of `fn` has settled. */
  withBuffer<T>(minBytes: number, fn: (buffer: NonSharedBuffer) => T | PromiseLike<T>): Promise<T> {
    return useBuffer(this, minBytes, fn)
  }

  /** Runs `fn` on `minBytes` bytes and releases them when `fn` has returned. */
  withBufferSync<T>(minBytes: number, fn: (buffer: NonSharedBuffer) => T): T {
    return useBufferSync(this, minBytes, fn)
  }

  /**
   * Makes nothing, since nothing is kept; there so that a pool and its twin can stand in each other's place.
   * @returns 0: none lie idle
   * @throws `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`
   */
  warm(count: number, minBytes?: number): number {
    check.validInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    const arena = arenaOf(this)
    if (minBytes !== undefined) arena.classFor(minBytes)
    if (arena.closed) throw refusals.closed(arena)
    return 0
  }
}

function settingsOf(options: UnpooledPoolOptions): ArenaSettings {
  const names = ['name', 'maxLiveBytes', 'maxSize', 'clear', 'leakDetection'] as const
  check.validOptions('options', options, names)
  const given = givenOptions(options, names)
  const { maxSize = 2 ** 20, leakDetection = 'off' } = given
  check.validInteger('maxSize', maxSize, 1, 2 ** 30)
  const shape = { kind: 'unpooled', sizes: [], maxBytes: Number.POSITIVE_INFINITY, reserve: 0, reserveIsDefault: false, maxSize }
  return arenaSettings(shape, { ...given, leakDetection, shrinkInterval: 0, memoryPressure: false, maxIdleBytes: 0 })
}
