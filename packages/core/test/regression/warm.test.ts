import { describe, expect, it } from 'vitest'
import { BufferPool, SizeClassPool } from '../../src/index.js'
import { checkFigures } from '../../src/testing.js'

describe('buffers made ahead', () => {
  it('are refused with ERR_POOL_CLOSED by a pool that was destroyed', () => {
    const pools = [new BufferPool({ maxSize: 2 }), new SizeClassPool()]
    for (const pool of pools) {
      pool.destroy()
      expect(() => pool.warm(1)).toThrow(expect.objectContaining({ code: 'ERR_POOL_CLOSED' }))
      expect(pool.stats()).toMatchObject({ available: 0, liveBytes: 0 })
    }
  })

  it('are all of the reserve, where the bounds allow exactly that', () => {
    const sizes = [256, 512, 1024, 65_536, 1_048_576]
    for (const initialSize of [1, 3]) {
      const reserveBytes = initialSize * sizes.reduce((sum, size) => sum + size, 0)
      const pool = new SizeClassPool({ sizes, initialSize, maxIdleBytes: reserveBytes, maxLiveBytes: reserveBytes })
      expect(pool.stats().sizeClasses.map(({ available }) => available)).toEqual(sizes.map(() => initialSize))
      checkFigures(pool.stats())
      pool.destroy()
    }
  })

  it('take no idle memory from other classes, so that what warm() returns lies there', () => {
    const pool = new SizeClassPool({ sizes: [1024, 2048], maxLiveBytes: 8192, maxIdleBytes: 8192 })
    expect(pool.warm(2, 2048)).toBe(2)
    expect(pool.warm(8, 1024)).toBe(4)
    expect(pool.stats().sizeClasses.map(({ available }) => available)).toEqual([4, 2])
    expect(pool.warm(8)).toBe(6)
    pool.destroy()
  })
})
