import type { BufferPool } from './buffer-pool.js'
import { PoolError } from './errors.js'
import { type PoolManager, poolManager } from './pool-manager.js'
import * as check from './validate.js'

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

/** Makes `small`, `medium` and `large` in `manager`, or gets them where they exist. */
export function createStandardPools(manager: PoolManager = poolManager): StandardPools {
  const small = manager.getPool('small', { bufferSize: 1024, initialSize: 200, maxSize: 2000 })
  const medium = manager.getPool('medium', { bufferSize: 8192, initialSize: 100, maxSize: 1000 })
  const large = manager.getPool('large', { bufferSize: 65_536, initialSize: 50, maxSize: 500 })
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
