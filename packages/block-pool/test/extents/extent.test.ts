import { describe, expect, it } from 'vitest'
import { type Extent, ExtentPool } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

const made = (pool: ExtentPool, bytes: number) => pool.extent(bytes) as Extent

describe('Extent', () => {
  it('finds its bytes wherever they are', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [hole, extent] = [made(pool, 1024), made(pool, 64)]
    extent.view().fill(7)
    const before = extent.view()
    expect(extent.view()).toBe(before)
    hole.release()
    pool.compact()
    expect(extent.byteOffset).toBe(0)
    expect(extent.view()).not.toBe(before)
    expect(extent.view().every((byte) => byte === 7)).toBe(true)
    expect(extent.view(Float64Array)).toHaveLength(8)
  })

  it('stays where it is while it is pinned', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [hole, extent] = [made(pool, 1024), made(pool, 64)]
    hole.release()
    extent.pin()
    pool.compact()
    expect(extent.byteOffset).toBe(1024)
    refuses(
      'ERR_POOL_PINNED',
      () => extent.release(),
      () => extent.released
    )
    refuses('ERR_POOL_PINNED', () => extent[Symbol.dispose]())
    extent.unpin()
    refuses('ERR_POOL_NOT_PINNED', () => extent.unpin())
    extent.release()
  })

  it('takes another size, or stays as it is when there is no room', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [extent, wall] = [made(pool, 64), made(pool, 64)]
    extent.view().fill(1)
    expect(extent.resize(1000)).toBe(true)
    expect(extent.byteLength).toBe(1000)
    expect(
      extent
        .view()
        .subarray(0, 64)
        .every((byte) => byte === 1)
    ).toBe(true)
    expect(extent.resize(4096)).toBe(false)
    expect(extent.byteLength).toBe(1000)
    wall.release()
  })

  it('is released once, and refuses everything afterwards with ERR_POOL_STALE_HANDLE', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const extent = made(pool, 64)
    extent.release()
    expect(extent.released).toBe(true)
    for (const use of ['view', 'pin', 'unpin', 'release'] as const) refuses('ERR_POOL_STALE_HANDLE', () => extent[use]())
    refuses('ERR_POOL_STALE_HANDLE', () => extent.byteLength)
    refuses('ERR_POOL_STALE_HANDLE', () => extent.resize(10))
    extent[Symbol.dispose]()
    const other = made(pool, 64)
    other[Symbol.dispose]()
    expect(pool.inUse).toBe(0)
    expect(pool.extent(4096)).toBeDefined()
    expect(pool.extent(1)).toBeUndefined()
  })
})
