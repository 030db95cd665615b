import { describe, expect, it } from 'vitest'
import { ExtentPool, Slab } from '../../src/index.js'
import { backings } from '../support/backings.js'
import { refuses } from '../support/refuses.js'

const stateOf = (pool: ExtentPool) => () => ({ ...pool.verify(), free: pool.freeBytes, efficiency: pool.getEfficiency() })
const allocated = (pool: ExtentPool, bytes: number) => {
  const handle = pool.allocate(bytes)
  if (handle === undefined) return expect.fail(`${bytes} bytes were refused`)
  return handle
}

describe('ExtentPool', () => {
  it('allocates extents of any size, aligned, exactly as long as asked for', () => {
    for (const alignment of [1, 2, 16, 64, 4096]) {
      const pool = new ExtentPool({ bytes: 64 * 1024, alignment })
      for (const bytes of [1, 2, 15, 16, 17, 255, 4095, 4097]) {
        const handle = allocated(pool, bytes)
        expect(pool.view(handle)).toHaveLength(bytes)
        expect(pool.lengthOf(handle)).toBe(bytes)
        expect(pool.offsetOf(handle) % alignment).toBe(0)
      }
      pool.verify()
    }
  })

  it('joins what is freed with what is free beside it, at once', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const handles = Array.from({ length: 4 }, () => allocated(pool, 1024))
    expect(pool.allocate(1)).toBeUndefined()
    for (const at of [0, 2, 1, 3]) pool.free(handles[at]!)
    expect(pool.verify()).toEqual({ used: 0, free: 1, freeUnits: 256 })
    expect(pool.largestFreeBytes).toBe(4096)
  })

  it('finds the one extent that fits, although its bin holds smaller ones', () => {
    const pool = new ExtentPool({ bytes: 4096 + 2048 + 16 * 3, alignment: 16 })
    // 66 and 67 units are of one bin, whose search begins at the next one.
    const [small, wall1, large, wall2] = [66, 1, 67, 1].map((units) => allocated(pool, units * 16)) as [number, number, number, number]
    const rest = allocated(pool, pool.largestFreeBytes)
    pool.free(large)
    pool.free(small)
    expect(pool.offsetOf(allocated(pool, 67 * 16))).toBe(67 * 16)
    for (const handle of [wall1, wall2, rest]) pool.free(handle)
    pool.verify()
  })

  it('refuses a stale handle with ERR_POOL_STALE_HANDLE, and never frees its successor', () => {
    const pool = new ExtentPool({ bytes: 1024 })
    const stale = allocated(pool, 100)
    pool.free(stale)
    for (let turn = 0; turn < 3000; turn++) {
      const successor = allocated(pool, 100)
      expect(successor).not.toBe(stale)
      refuses('ERR_POOL_STALE_HANDLE', () => pool.free(stale), stateOf(pool))
      pool.free(successor)
    }
    const own = allocated(pool, 10)
    for (const handle of [stale, 0, -1, 1.5, own + 0.5, -own, 2 ** 31, 2 ** 40, Number.NaN, 10n, '1', null, undefined, {}, Symbol('x')]) {
      for (const use of ['free', 'offsetOf', 'lengthOf', 'pin', 'unpin', 'view'] as const) {
        refuses('ERR_POOL_STALE_HANDLE', () => pool[use](handle as number), stateOf(pool))
      }
      refuses('ERR_POOL_STALE_HANDLE', () => pool.reallocate(handle as number, 10), stateOf(pool))
    }
  })

  it('keeps every handle a small integer above 0, however often a record is used', () => {
    const pool = new ExtentPool({ bytes: 64, maxExtents: 2 ** 20 - 2 })
    for (let turn = 0; turn < 20_000; turn++) {
      const handle = allocated(pool, 64)
      if (!(handle > 0 && handle < 2 ** 30)) expect.fail(`${handle}`)
      pool.free(handle)
    }
    pool.verify()
  })

  it('refuses sizes that nobody can ask for', () => {
    const pool = new ExtentPool({ bytes: 1000 })
    expect(pool.bytes).toBe(992)
    for (const bytes of [0, -1, 0.5, Number.NaN, '5', null, undefined, Number.POSITIVE_INFINITY]) {
      refuses('ERR_POOL_INVALID_OPTION', () => pool.allocate(bytes as number), stateOf(pool))
    }
    for (const bytes of [993, 2 ** 32, 2 ** 32 + 5, 2 ** 53]) refuses('ERR_POOL_TOO_LARGE', () => pool.allocate(bytes), stateOf(pool))
    const handle = allocated(pool, 10)
    refuses('ERR_POOL_TOO_LARGE', () => pool.reallocate(handle, 1000), stateOf(pool))
    refuses('ERR_POOL_INVALID_OPTION', () => pool.reallocate(handle, 0), stateOf(pool))
  })

  it('refuses options that it cannot have', () => {
    const bad: object[] = [
      ...[0, 3, -16, 1.5, 2 ** 17, Number.NaN, '16'].map((alignment) => ({ alignment })),
      ...[0, 15, -1, 1.5, Number.NaN, 2 ** 32, '4096'].map((bytes) => ({ bytes })),
      ...[4095, 2 ** 40].map((maxBytes) => ({ maxBytes })),
      ...[0, 2 ** 20, 1.5].map((maxExtents) => ({ maxExtents })),
      { backing: 'disk' },
      { name: '' },
      { blocks: 3 }
    ]
    for (const options of bad) refuses('ERR_POOL_INVALID_OPTION', () => new ExtentPool({ bytes: 4096, ...options }))
    refuses('ERR_POOL_TOO_LARGE', () => new ExtentPool({ bytes: 2 ** 30, alignment: 1, backing: new Slab({ bytes: 64 }) }))
    refuses('ERR_POOL_EXHAUSTED', () => new ExtentPool({ bytes: 4096, backing: new Slab({ bytes: 64 }) }))
  })

  it('reallocates in place when it shrinks, and when what follows is free', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [first, second, third] = [1024, 1024, 1024].map((bytes) => allocated(pool, bytes)) as [number, number, number]
    pool.view(first).fill(7)
    expect(pool.reallocate(first, 100)).toBe(first)
    expect(pool.reallocate(first, 1024)).toBe(first)
    pool.free(second)
    expect(pool.reallocate(first, 2048)).toBe(first)
    expect(
      pool
        .view(first)
        .subarray(0, 100)
        .every((byte) => byte === 7)
    ).toBe(true)
    expect(pool.reallocate(first, 2000)).toBe(first)
    pool.free(third)
    expect(pool.reallocate(first, 4096)).toBe(first)
    expect(pool.verify()).toEqual({ used: 1, free: 0, freeUnits: 0 })
  })

  it('reallocates elsewhere with what it holds when it must, under another handle', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const [first, wall] = [allocated(pool, 512), allocated(pool, 16)]
    pool.view(first).fill(9)
    const moved = pool.reallocate(first, 1024) as number
    expect(moved).not.toBe(first)
    expect(
      pool
        .view(moved)
        .subarray(0, 512)
        .every((byte) => byte === 9)
    ).toBe(true)
    refuses('ERR_POOL_STALE_HANDLE', () => pool.free(first), stateOf(pool))
    expect(pool.reallocate(moved, 4096)).toBeUndefined()
    expect(pool.lengthOf(moved)).toBe(1024)
    pool.free(wall)
    pool.pin(moved)
    const blocked = allocated(pool, pool.largestFreeBytes)
    expect(pool.reallocate(moved, 2000)).toBeUndefined()
    pool.free(blocked)
  })

  it('views an extent as any typed array that fits, and refuses others', () => {
    const pool = new ExtentPool({ bytes: 4096, alignment: 4 })
    allocated(pool, 4)
    const handle = allocated(pool, 40)
    expect(pool.view(handle, Float32Array)).toHaveLength(10)
    refuses('ERR_POOL_INVALID_OPTION', () => pool.view(handle, Float64Array))
    refuses('ERR_POOL_INVALID_OPTION', () => pool.view(handle, Array as never))
    refuses('ERR_POOL_INVALID_OPTION', () => pool.view(allocated(pool, 7), Uint16Array))
  })

  it('keeps pinned extents: ERR_POOL_PINNED on free, ERR_POOL_NOT_PINNED without a pin', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const handle = allocated(pool, 100)
    pool.pin(handle)
    pool.pin(handle)
    pool.unpin(handle)
    refuses('ERR_POOL_PINNED', () => pool.free(handle), stateOf(pool))
    pool.unpin(handle)
    refuses('ERR_POOL_NOT_PINNED', () => pool.unpin(handle), stateOf(pool))
    pool.free(handle)
  })

  it('never has more extents than it may, and loses none', () => {
    const pool = new ExtentPool({ bytes: 16 * 1024, maxExtents: 4 })
    const handles = [1, 2, 3].map((bytes) => allocated(pool, bytes))
    expect(pool.allocate(1)).toBeUndefined()
    expect(pool.allocate(pool.largestFreeBytes)).toBeGreaterThan(0)
    expect(pool.reallocate(handles[1]!, 1)).toBe(handles[1])
    pool.verify()
    pool.free(handles[0]!)
    pool.verify()
    expect(pool.allocate(16)).toBeGreaterThan(0)
    pool.verify()
  })

  it('keeps the tail of what shrinks when there is no record for it', () => {
    const pool = new ExtentPool({ bytes: 4096, maxExtents: 2 })
    const [large, rest] = [allocated(pool, 2048), allocated(pool, 2048)]
    expect(pool.reallocate(large, 16)).toBe(large)
    expect(pool.lengthOf(large)).toBe(16)
    pool.verify()
    pool.free(large)
    pool.free(rest)
    expect(pool.verify().freeUnits).toBe(256)
  })

  it('tells fragmentation as the share of free bytes outside the largest free extent, and efficiency as what was asked for', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    expect([pool.getFragmentation(), pool.getEfficiency()]).toEqual([0, 100])
    const handles = Array.from({ length: 4 }, () => allocated(pool, 1024))
    expect([pool.getFragmentation(), pool.freeBytes]).toEqual([0, 0])
    pool.free(handles[0]!)
    pool.free(handles[2]!)
    expect(pool.getFragmentation()).toBe(50)
    allocated(pool, 8)
    expect(pool.getEfficiency()).toBeCloseTo((100 * (2048 + 8)) / (2048 + 16))
    expect(pool.stats()).toMatchObject({ kind: 'extent', inUse: 3, inUseBytes: 2064, liveBytes: 4096 })
  })

  for (const backing of backings) {
    it(`lies in ${backing.name}`, () => {
      const pool = new ExtentPool({ bytes: 4096, backing: backing.open(4096) })
      const handle = allocated(pool, 4096)
      pool.view(handle).fill(5)
      expect(pool.view(handle).buffer).toBe(pool.slab.buffer)
      pool.free(handle)
    })
  }

  it('grows when nothing free is large enough and its memory can, and keeps what it holds', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    for (const backing of ['array', 'shared', memory] as const) {
      const pool = new ExtentPool({ bytes: 4096, maxBytes: 200_000, backing })
      const first = pool.extent(3000)!
      first.view().fill(3)
      const second = allocated(pool, 100_000)
      pool.view(second).fill(4)
      expect(first.view().every((byte) => byte === 3)).toBe(true)
      expect(pool.bytes).toBeGreaterThanOrEqual(103_000)
      expect(pool.allocate(150_000)).toBeUndefined()
      expect(pool.stats()).toMatchObject({ misses: 1, exhaustions: 1 })
      pool.verify()
      refuses('ERR_POOL_TOO_LARGE', () => pool.allocate(200_001))
    }
  })

  it('does not grow over what another pool of the slab owns, nor over pages that somebody else added', () => {
    const slab = new Slab({ bytes: 8192, maxBytes: 65_536 })
    const pool = new ExtentPool({ bytes: 4096, maxBytes: 65_536, backing: slab })
    slab.reserve(1024)
    expect(pool.allocate(5000)).toBeUndefined()
    const memory = new WebAssembly.Memory({ initial: 1 })
    const other = new ExtentPool({ bytes: 65_536, maxBytes: 200_000, backing: memory })
    memory.grow(1)
    expect(other.allocate(100_000)).toBeUndefined()
    other.verify()
  })

  it('hands out nothing once destroyed, takes back what is out, and gives its region back with the last of it', () => {
    const slab = new Slab({ bytes: 4096 })
    const pool = new ExtentPool({ bytes: 4096, backing: slab })
    const handle = allocated(pool, 100)
    pool.destroy()
    pool.destroy()
    refuses('ERR_POOL_CLOSED', () => pool.allocate(1))
    refuses('ERR_POOL_CLOSED', () => pool.reallocate(handle, 10))
    expect(slab.freeBytes).toBe(0)
    pool.free(handle)
    expect(slab.freeBytes).toBe(4096)
    expect(pool.stats()).toMatchObject({ closed: true, available: 0, liveBytes: 0 })
  })

  it('compacts by itself for an allocation above its threshold, before it grows, and keeps contents and pins', () => {
    const pool = new ExtentPool({ bytes: 4096, maxBytes: 8192, compactAbove: 20 })
    const handles = Array.from({ length: 8 }, () => allocated(pool, 512))
    for (const at of [1, 3, 5, 7]) pool.view(handles[at]!).fill(at)
    for (const at of [0, 2, 4, 6]) pool.free(handles[at]!)
    const large = allocated(pool, 2000)
    expect(pool.bytes).toBe(4096)
    for (const at of [1, 3, 5, 7]) expect(pool.view(handles[at]!).every((byte) => byte === at)).toBe(true)
    pool.free(large)
    for (const at of [1, 5]) pool.free(handles[at]!)
    for (const at of [3, 7]) pool.pin(handles[at]!)
    allocated(pool, 2600)
    expect(pool.bytes).toBe(8192)
    expect(new ExtentPool({ bytes: 64 }).fragmentationLimit).toBe(50)
    pool.verify()
  })

  it('refuses views with ERR_POOL_DETACHED_BUFFER when its memory was transferred away', () => {
    const pool = new ExtentPool({ bytes: 4096 })
    const handle = allocated(pool, 100)
    structuredClone(pool.slab.buffer, { transfer: [pool.slab.buffer as ArrayBuffer] })
    refuses('ERR_POOL_DETACHED_BUFFER', () => pool.view(handle), stateOf(pool))
    refuses('ERR_POOL_DETACHED_BUFFER', () => pool.compact(), stateOf(pool))
    pool.free(handle)
  })
})
