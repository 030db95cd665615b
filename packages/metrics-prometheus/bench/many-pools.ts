import { PoolManager, SizeClassPool } from '@pool/core'

/** 100 pools of 12 size classes, each of which was used. */
export function manyPools(): PoolManager {
  const manager = new PoolManager()
  for (let number = 0; number < 100; number++) {
    const pool = new SizeClassPool({ name: `pool-${number}`, minClassBytes: 256, maxClassBytes: 256 * 2 ** 11, shrinkInterval: 0 })
    manager.add(pool)
    for (const bytes of pool.sizes) pool.release(pool.acquire(bytes))
  }
  return manager
}
