import { afterEach, describe, expect, it, vi } from 'vitest'
import { SharedPool } from '../src/index.js'
import { refuses } from './support/refuses.js'

const make = () => SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, threads: 2, channels: 1, debug: 'poison' })
const isNode = typeof process === 'object'

/** The warnings from now on, however the platform shows them. */
function warnings(): string[] {
  const said: string[] = []
  if (isNode) {
    vi.spyOn(process, 'emitWarning').mockImplementation(((message: string, { detail }: { detail: string }) => {
      said.push(`${message}\n${detail}`)
    }) as never)
  } else vi.spyOn(console, 'warn').mockImplementation((message: string) => void said.push(message))
  return said
}

afterEach(() => void vi.restoreAllMocks())

/**
 * How a place in this file shows. The runner serves this package's sources to a page from the root, where their path is not one of the
 * family's: there the frames of the pool stand first, and the text ends before the caller's. Firefox names the file, not the class.
 */
const place = isNode ? 'takeForTest' : '(SharedP|shared-pool)'

function takeForTest(pool: SharedPool): number {
  return pool.acquire()
}

describe("debug: 'poison'", () => {
  it('fills a block with poison once it is released, sent blocks left alone', () => {
    const pool = make()
    const other = SharedPool.attach<Float32Array>(pool.token())
    const handle = pool.acquire()
    const view = pool.view(handle).fill(1)
    pool.send(0, handle)
    const received = other.receive(0)
    expect(view[7]).toBe(1)
    other.release(received)
    expect(new Uint8Array(view.buffer, view.byteOffset, 64).every((byte) => byte === 0xdb)).toBe(true)
  })

  it('withdraws a block that was written to after its release, and warns with the thread and both places', () => {
    const pool = make()
    const other = SharedPool.attach<Float32Array>(pool.token())
    const handle = takeForTest(pool)
    const view = pool.view(handle) as Float32Array
    pool.release(handle)
    pool.flush()
    view[3] = 1
    const said = warnings()
    const lent = new Set<number>()
    for (let next = other.acquire(); next >= 0; next = other.acquire()) lent.add(other.offset(next))
    expect(lent.size).toBe(63)
    expect(lent.has(view.byteOffset)).toBe(false)
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(/byte 12 of block/)
    expect(said[0]).toMatch(new RegExp(`Taken:\\n.*seat 1\\n[\\s\\S]*${place}[\\s\\S]*Given back:\\n.*seat 1`))
    expect(pool.stats()).toMatchObject({ quarantined: 1, inUse: 63, available: 0, total: 63 })
    refuses('ERR_POOL_STALE_HANDLE', () => pool.release(handle))
  })

  it('says which thread holds each block, and where that took it', () => {
    const pool = make()
    const other = SharedPool.attach(pool.token())
    const mine = takeForTest(pool)
    const theirs = takeForTest(other)
    const flying = other.acquire()
    other.send(0, flying)
    pool.release(pool.acquire())
    const held = pool.held()
    expect(held).toHaveLength(3)
    expect(held.map(({ seat, channel }) => ({ seat, channel }))).toEqual(
      expect.arrayContaining([
        { seat: 1, channel: undefined },
        { seat: 2, channel: undefined },
        { seat: undefined, channel: 0 }
      ])
    )
    for (const { seat, takenAt } of held) {
      if (seat !== undefined) expect(takenAt).toMatch(new RegExp(`seat ${seat}\\n[\\s\\S]*${place}`))
    }
    other.release(theirs)
    pool.release(mine)
    expect(pool.held()).toHaveLength(1)
  })

  it('adds to refusals where the block was taken or given back', () => {
    const pool = make()
    const other = SharedPool.attach(pool.token())
    const handle = takeForTest(pool)
    expect(() => other.release(handle)).toThrow(new RegExp(`Taken by .*seat 1\\n[\\s\\S]*${place}`))
    pool.release(handle)
    expect(() => pool.release(handle)).toThrow(/Given back or sent by .*seat 1\n/)
  })

  it('poisons what a dead thread held, and keeps no block back', () => {
    const pool = make()
    const token = pool.token()
    const other = SharedPool.attach<Float32Array>(token)
    const handle = other.acquire()
    const views = Array.from({ length: 39 }, () => other.view(other.acquire()).fill(2))
    expect(pool.reap(token)).toBe(40)
    expect(views.every((view) => view[0] !== 2)).toBe(true)
    expect(() => pool.release(handle)).toThrow(/Given back or sent by .*seat 1\n/)
    const said = warnings()
    let lent = 0
    while (pool.acquire() >= 0) lent++
    expect([lent, said.length]).toEqual([64, 0])
  })
})

it('keeps no traces unless it is asked to', () => {
  const pool = SharedPool.create({ type: Float32Array, shape: 8, blocks: 64 })
  pool.acquire()
  expect(pool.held()).toEqual([{ block: expect.any(Number), seat: 1, channel: undefined, takenAt: undefined }])
  const debugged = SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, debug: 'poison' })
  expect(debugged.stats().recordBytes - pool.stats().recordBytes).toBe(64 * 1024)
})

it.each([{ debug: 'revoke' }, { debug: true }, { debug: 'poison', mode: 'transfer' }])('refuses %o', (options) => {
  refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, ...(options as object) }))
})
