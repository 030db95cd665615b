import * as check from '../kit/checks.js'
import { PoolError } from '../kit/errors.js'
import type { BufferPool, BufferPoolOptions } from './buffer-pool.js'
import { type PoolManager, poolManager } from './pool-manager.js'

/** The three pools that suit most servers. */
export interface StandardPools {
  /** 1 KiB: 200 to start, 2000 at most. */
  readonly small: BufferPool
  /** 8 KiB: 100 to start, 1000 at most. */
  readonly medium: BufferPool
  /** 64 KiB: 50 to start, 500 at most. */
  readonly large: BufferPool
  /**
   * The smallest of them that serves `bytes`.
   * @throws `ERR_POOL_TOO_LARGE` above 64 KiB; `ERR_POOL_INVALID_OPTION`
   */
  poolFor(bytes: number): BufferPool
}

/**
 * Makes `small`, `medium` and `large` in `manager`, or gets them where they exist.
 * @throws `ERR_POOL_NAME_TAKEN` when a pool of one of these names has other options; none of them is made then
 */
export function createStandardPools(manager: PoolManager = poolManager): StandardPools {
  if (typeof manager !== 'object' || manager === null) throw check.invalid('manager', 'a PoolManager', manager)
  check.validFunction('manager.getPool', manager.getPool)
  const made: BufferPool[] = []
  const get = (name: string, options: BufferPoolOptions) => {
    const isNew = !manager.has(name)
    const pool = manager.getPool(name, options)
    if (isNew) made.push(pool)
    return pool
  }
  try {
    return choiceOf(
      get('small', { bufferSize: 1024, initialSize: 200, maxSize: 2000 }),
      get('medium', { bufferSize: 8192, initialSize: 100, maxSize: 1000 }),
      get('large', { bufferSize: 65_536, initialSize: 50, maxSize: 500 })
    )
  } catch (error) {
    for (const pool of made) pool.destroy()
    throw error
  }
}

function choiceOf(small: BufferPool, medium: BufferPool, large: BufferPool): StandardPools {
  const pools = [small, medium, large]
  return Object.freeze({
    small,
    medium,
    large,
    poolFor(bytes: number) {
      check.validInteger('bytes', bytes, 1, Number.MAX_SAFE_INTEGER)
      const pool = pools.find(({ bufferSize }) => bufferSize >= bytes)
      if (pool !== undefined) return pool
      throw new PoolError('ERR_POOL_TOO_LARGE', `no standard pool serves ${bytes} bytes: the largest has 65536. Use a SizeClassPool.`)
    }
  })
}
