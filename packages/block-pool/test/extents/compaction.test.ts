import { describe, expect, it } from 'vitest'
import { ExtentPool } from '../../src/index.js'
import { refuses } from '../support/refuses.js'

/** A pool of 64 KiB in pieces: every second extent of 256 bytes is free, and each one left holds its own number. */
function inPieces(): { pool: ExtentPool; handles: number[] } {
  const pool = new ExtentPool({ bytes: 65_536 })
  const all = Array.from({ length: 256 }, () => pool.allocate(256) as number)
  const handles = all.filter((handle, at) => {
    if (at % 2 === 0) pool.free(handle)
    else pool.view(handle).fill(at & 255)
    return at % 2 === 1
  })
  return { pool, handles }
}

const expectContents = (pool: ExtentPool, handles: readonly number[]) => {
  for (const [at, handle] of handles.entries()) {
    if (pool.view(handle).some((byte) => byte !== ((2 * at + 1) & 255))) expect.fail(`extent ${at} lost what it held`)
  }
}

describe('compact()', () => {
  it('slides extents together, so that what is free becomes one, and keeps what they hold', () => {
    const { pool, handles } = inPieces()
    expect(pool.getFragmentation()).toBeGreaterThan(99)
    expect(pool.allocate(512)).toBeUndefined()
    expect(pool.compact()).toMatchObject({ moved: 128, movedBytes: 32_768, done: true })
    expect(pool.verify()).toMatchObject({ used: 128, free: 1 })
    expect([pool.getFragmentation(), pool.largestFreeBytes]).toEqual([0, 32_768])
    expectContents(pool, handles)
    expect(pool.compact()).toMatchObject({ moved: 0, movedBytes: 0, done: true })
  })

  it('leaves pinned extents where they are', () => {
    const { pool, handles } = inPieces()
    const pinned = handles[60]!
    const before = pool.offsetOf(pinned)
    pool.pin(pinned)
    expect(pool.compact().done).toBe(true)
    expect(pool.offsetOf(pinned)).toBe(before)
    expect(pool.verify().free).toBe(2)
    expectContents(pool, handles)
    pool.unpin(pinned)
    pool.compact()
    expect(pool.verify().free).toBe(1)
  })

  it('stops when its budget is spent, is consistent in between, and goes on from there', () => {
    const { pool, handles } = inPieces()
    let calls = 0
    let moved = 0
    for (let done = false; !done; calls++) {
      const report = pool.compact({ budgetMs: Number.MIN_VALUE })
      expect(report.moved > 0 || report.done).toBe(true)
      moved += report.moved
      done = report.done
      pool.verify()
      expectContents(pool, handles)
    }
    expect(calls).toBeGreaterThan(2)
    expect(moved).toBe(128)
    expect(pool.getFragmentation()).toBe(0)
  })

  it('finds what was freed behind it meanwhile', () => {
    const { pool, handles } = inPieces()
    pool.compact({ budgetMs: Number.MIN_VALUE })
    for (const at of [0, 1, 127]) pool.free(handles[at]!)
    while (!pool.compact({ budgetMs: Number.MIN_VALUE }).done) pool.verify()
    expect(pool.verify()).toMatchObject({ used: 125, free: 1 })
  })

  it('refuses budgets that are no time', () => {
    const { pool } = inPieces()
    for (const budgetMs of [0, -1, Number.NaN, '1']) {
      refuses(
        'ERR_POOL_INVALID_OPTION',
        () => pool.compact({ budgetMs: budgetMs as number }),
        () => pool.verify()
      )
    }
    refuses('ERR_POOL_INVALID_OPTION', () => pool.compact({ budget: 1 } as never))
  })
})
