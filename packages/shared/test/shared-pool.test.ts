import { livePools } from '@pool/core/kit/universal'
import { describe, expect, it } from 'vitest'
import { SharedPool, type SharedPoolOptions } from '../src/index.js'
import { refuses } from './support/refuses.js'

const make = (options: Partial<SharedPoolOptions<Float32Array>> = {}) =>
  SharedPool.create({ type: Float32Array, shape: 8, blocks: 100, ...options })

/** What a refusal must leave as it was. */
const state = (pool: SharedPool) => () => {
  const { available, inUse, acquisitions, stranded, inFlight } = pool.stats()
  return { available, inUse, acquisitions, stranded, inFlight }
}

const takeAll = (pool: SharedPool): number[] => {
  const handles: number[] = []
  for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) handles.push(handle)
  return handles
}

describe('SharedPool.create', () => {
  it('lends each block once, then says -1, and lends them again once they are back', () => {
    const pool = make()
    for (let round = 0; round < 3; round++) {
      const handles = takeAll(pool)
      expect(new Set(handles.map((handle) => pool.offset(handle))).size).toBe(100)
      expect(pool.acquire()).toBe(-1)
      for (const handle of handles) pool.release(handle)
    }
    expect(pool.stats()).toMatchObject({ available: 100, inUse: 0, acquisitions: 300, releases: 300, exhaustions: 6 })
  })

  it.each([1, 2, 3, 31, 32, 33, 1000])('keeps count with %i blocks', (blocks) => {
    const pool = make({ blocks })
    const handles = takeAll(pool)
    expect(handles.length).toBe(blocks)
    for (const handle of handles.reverse()) pool.release(handle)
    expect(pool.stats()).toMatchObject({ available: blocks, inUse: 0 })
    expect(takeAll(pool).length).toBe(blocks)
  })

  it('makes handles that are small integers, and gives each block a new one each time', () => {
    const pool = make({ blocks: 1 })
    const seen = new Set<number>()
    for (let turn = 0; turn < 1000; turn++) {
      const handle = pool.acquire()
      expect(handle).toBeLessThan(2 ** 30)
      seen.add(handle)
      pool.release(handle)
    }
    expect(seen.size).toBe(1000)
  })

  it('lays blocks at multiples of 64 bytes, where view and offset agree', () => {
    const pool = make({ shape: [3, 5] })
    const handle = pool.acquire()
    expect(pool.view(handle).length).toBe(15)
    expect(pool.view(handle).byteOffset).toBe(pool.offset(handle))
    expect(pool.offset(handle) % 64).toBe(0)
    expect(pool.view(handle)).toBe(pool.view(handle))
  })

  it.each<[string, Record<string, unknown>]>([
    ['ERR_POOL_INVALID_OPTION', { blocks: 0 }],
    ['ERR_POOL_INVALID_OPTION', { blocks: 2 ** 20 + 1 }],
    ['ERR_POOL_INVALID_OPTION', { blocks: 1.5 }],
    ['ERR_POOL_INVALID_OPTION', { shape: 0 }],
    ['ERR_POOL_INVALID_OPTION', { shape: [] }],
    ['ERR_POOL_INVALID_OPTION', { type: class extends Uint8Array {} }],
    ['ERR_POOL_INVALID_OPTION', { threads: 0 }],
    ['ERR_POOL_INVALID_OPTION', { threads: 121 }],
    ['ERR_POOL_INVALID_OPTION', { channels: -1 }],
    ['ERR_POOL_INVALID_OPTION', { channelCapacity: 0 }],
    ['ERR_POOL_INVALID_OPTION', { memory: new ArrayBuffer(100) }],
    ['ERR_POOL_INVALID_OPTION', { memory: new WebAssembly.Memory({ initial: 1 }) }],
    ['ERR_POOL_INVALID_OPTION', { byteOffset: 128 }],
    ['ERR_POOL_INVALID_OPTION', { memory: new SharedArrayBuffer(1e6), byteOffset: 64 }],
    ['ERR_POOL_INVALID_OPTION', { block: 3 }],
    ['ERR_POOL_TOO_LARGE', { memory: new SharedArrayBuffer(100) }],
    ['ERR_POOL_EXHAUSTED', { memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }) }]
  ])('refuses with %s: %o', (code, options) => {
    refuses(code, () => make(options))
  })
})

describe('release', () => {
  it('refuses what was released before, though the pool has lent the block again since', () => {
    const pool = make({ blocks: 1 })
    const first = pool.acquire()
    pool.release(first)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(first), state(pool))
    pool.acquire()
    refuses('ERR_POOL_STALE_HANDLE', () => pool.release(first), state(pool))
    refuses('ERR_POOL_STALE_HANDLE', () => pool.view(first), state(pool))
    refuses('ERR_POOL_STALE_HANDLE', () => pool.offset(first), state(pool))
    expect(pool.stats().refusedReleases).toBe(4)
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 30, 2 ** 31, -(2 ** 31), '1', null, undefined, {}])(
    'refuses %s with ERR_POOL_FOREIGN_BUFFER',
    (handle) => {
      const pool = make()
      pool.acquire()
      refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.release(handle as number), state(pool))
    }
  )

  it('refuses a handle with a fraction, or as a string', () => {
    const pool = make()
    const handle = pool.acquire()
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.release(handle + 0.5), state(pool))
    refuses('ERR_POOL_FOREIGN_BUFFER', () => pool.release(String(handle) as unknown as number), state(pool))
    pool.release(handle)
  })

  it('refuses a block that another thread holds', () => {
    const pool = make()
    const other = SharedPool.attach(pool.token())
    const handle = pool.acquire()
    refuses('ERR_POOL_FOREIGN_BUFFER', () => other.release(handle), state(pool))
    refuses('ERR_POOL_FOREIGN_BUFFER', () => other.view(handle), state(pool))
    pool.release(handle)
  })
})

describe('SharedPool.attach', () => {
  it('shares the blocks: what one thread writes, the other reads once it was sent', () => {
    const pool = make({ channels: 1 })
    const other = SharedPool.attach<Float32Array>(structuredClone(pool.token()))
    const handle = pool.acquire()
    pool.view(handle).fill(0.25)
    expect(pool.send(0, handle)).toBe(true)
    const received = other.receive(0)
    expect(other.view(received)[7]).toBe(0.25)
    other.release(received)
    expect(pool.stats()).toMatchObject({ inUse: 0, available: 100 })
  })

  it('refuses one thread more than there are seats, until one detaches', () => {
    const pool = make({ threads: 2 })
    const second = SharedPool.attach(pool.token())
    refuses('ERR_POOL_NO_SEAT', () => SharedPool.attach(pool.token()), state(pool))
    second.detach()
    expect(SharedPool.attach(pool.token()).seat).toBe(2)
  })

  it.each([undefined, 1, {}, { name: 'x' }])('refuses %o as a token', (token) => {
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.attach(token as never))
  })

  it.each<[string, Record<string, unknown>]>([
    ['memory that is not shared', { memory: new ArrayBuffer(1e5) }],
    ['a view of memory', { memory: new Uint8Array(new SharedArrayBuffer(1e5)).subarray() }],
    ['WebAssembly memory that is not shared', { memory: new WebAssembly.Memory({ initial: 2 }) }],
    ['no memory', { memory: undefined }],
    ['a place before the memory', { byteOffset: -128 }],
    ['a place between two words', { byteOffset: 3 }],
    ['a place where no pool may begin', { byteOffset: 64 }],
    ['a tag that no token has', { tag: 0 }],
    ['a tag that is too large', { tag: 2 ** 21 }],
    ['a grant without its parts', { memory: undefined, grant: {} }],
    ['a grant whose port stayed behind', { memory: undefined, grant: { sizes: {}, seat: 2, batch: 1, blocks: [] } }]
  ])('refuses a token with %s', (_, change) => {
    const pool = make()
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.attach({ ...pool.token(), ...change } as never), state(pool))
  })

  it('refuses memory without a pool, of another version, or cut short', () => {
    const pool = make()
    const token = pool.token()
    const copy = (change: (words: Int32Array) => void, bytes = (token.memory as SharedArrayBuffer).byteLength) => {
      const memory = new SharedArrayBuffer(bytes)
      new Uint8Array(memory).set(new Uint8Array(token.memory as SharedArrayBuffer).subarray(0, bytes))
      change(new Int32Array(memory, 0, bytes >> 2))
      return { ...token, memory }
    }
    for (const [word, value] of [
      [0, 7],
      [1, 99],
      [2, 101],
      [7, 4]
    ] as const) {
      const broken = copy((words) => {
        words[word] = value
      })
      refuses('ERR_POOL_FOREIGN_MEMORY', () => SharedPool.attach(broken))
    }
    refuses('ERR_POOL_FOREIGN_MEMORY', () => SharedPool.attach(copy(() => {}, 4096)))
    refuses('ERR_POOL_FOREIGN_MEMORY', () => SharedPool.attach(copy(() => {}, 128)))
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.attach({ ...token, shape: [9] }))
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.attach({ ...token, type: 'Array' }))
    expect(SharedPool.attach(copy(() => {})).blocks).toBe(100)
  })
})

describe('flush and reserve', () => {
  it('flush gives all threads what lies in the own rows', () => {
    const pool = make({ blocks: 64, threads: 2 })
    const other = SharedPool.attach(pool.token())
    pool.release(pool.acquire())
    const before = takeAll(other)
    expect(before.length).toBe(64 - pool.stats().stranded)
    expect(before.length).toBeLessThan(64)
    pool.flush()
    expect(before.length + takeAll(other).length).toBe(64)
    expect(pool.stats().stranded).toBe(0)
  })

  it('a release answers a thread that found none, with all that the releaser has in its rows', () => {
    const pool = make({ blocks: 64, threads: 2 })
    const other = SharedPool.attach(pool.token())
    const one = pool.acquire()
    const before = takeAll(other)
    pool.release(one)
    expect(before.length + takeAll(other).length).toBe(64)
  })

  it('reserve fetches as many blocks as two rows hold, and then that many acquires need no other row', () => {
    const pool = make({ blocks: 1000, threads: 2 })
    expect(pool.reserve(1)).toBe(16)
    expect(pool.reserve(32)).toBe(32)
    const { refills } = pool.stats()
    const handles = Array.from({ length: 32 }, () => pool.acquire())
    expect(pool.stats().refills).toBe(refills)
    for (const handle of handles) pool.release(handle)
    refuses('ERR_POOL_INVALID_OPTION', () => pool.reserve(33), state(pool))
    expect(pool.stats()).toMatchObject({ available: 1000, inUse: 0 })
  })

  it('reserve gathers what rows that are partly filled have', () => {
    const pool = make({ blocks: 64, threads: 4 })
    const others = [1, 2, 3].map(() => SharedPool.attach(pool.token()))
    const all = takeAll(pool)
    for (const handle of all) {
      pool.release(handle)
      pool.flush()
    }
    expect(pool.reserve(4)).toBe(4)
    for (const other of others) other.reserve(4)
    expect(pool.stats()).toMatchObject({ available: 64, stranded: 16 })
    for (const other of others) other.flush()
    pool.flush()
    expect(takeAll(pool).length).toBe(64)
  })

  it('finds room for each block, however the threads left the rows', () => {
    const pool = make({ blocks: 64, threads: 4 })
    const threads = [pool, ...[1, 2, 3].map(() => SharedPool.attach(pool.token()))]
    const steps = typeof process === 'object' && process.env.POOL_DEEP === '1' ? 1_000_000 : 200_000
    const held: [SharedPool, number][] = []
    let random = 7
    const next = (below: number) => {
      random = (random * 48_271) % 2_147_483_647
      return random % below
    }
    for (let step = 0; step < steps; step++) {
      const thread = threads[next(4)] as SharedPool
      if (next(50) === 0) thread.flush()
      else if (next(2) === 0) {
        const handle = thread.acquire()
        if (handle >= 0) held.push([thread, handle])
      } else if (held.length > 0) {
        const [[holder, handle]] = held.splice(next(held.length), 1) as [[SharedPool, number]]
        holder.release(handle)
      }
      if (step % 10_000 === 0) expect(pool.stats().inUse).toBe(held.length)
    }
    for (const [holder, handle] of held) holder.release(handle)
    for (const thread of threads) thread.flush()
    expect(takeAll(pool).length).toBe(64)
  })
})

describe('detach', () => {
  it('gives back all that the thread held and had at hand, and its seat', () => {
    const pool = make({ blocks: 64, threads: 2 })
    const other = SharedPool.attach(pool.token())
    for (let count = 0; count < 20; count++) other.acquire()
    expect(other.detach()).toBe(20)
    expect(other.detach()).toBe(0)
    expect(takeAll(pool).length).toBe(64)
    expect(pool.stats().threads[1]).toMatchObject({ attached: false, out: 0 })
  })

  it('closes the pool for this thread alone', () => {
    const pool = make({ channels: 1 })
    const other = SharedPool.attach(pool.token())
    const handle = other.acquire()
    other.detach()
    refuses('ERR_POOL_CLOSED', () => other.acquire(), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.release(handle), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.view(handle), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.send(0, handle), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.receive(0), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.token(), state(pool))
    refuses('ERR_POOL_CLOSED', () => other.reserve(1), state(pool))
    other.flush()
    pool.release(pool.acquire())
  })

  it('takes the pool out of livePools, where it was since it was made', () => {
    const pool = make()
    expect([...livePools.sources()]).toContain(pool)
    pool.detach()
    expect([...livePools.sources()]).not.toContain(pool)
  })
})

describe('WebAssembly', () => {
  it('lays the pool in pages of its own in a shared memory, and goes on while that grows', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 100, shared: true })
    new Uint8Array(memory.buffer).fill(9)
    const pool = make({ memory })
    const other = SharedPool.attach<Float32Array>(pool.token())
    const handle = pool.acquire()
    const view = pool.view(handle)
    expect(pool.offset(handle)).toBeGreaterThanOrEqual(2 * 65_536)
    memory.grow(3)
    view.fill(3)
    expect(new Float32Array(memory.buffer, pool.offset(handle), 8)[7]).toBe(3)
    const second = other.acquire()
    expect(other.view(second).length).toBe(8)
    other.release(second)
    pool.release(handle)
    expect(new Uint8Array(memory.buffer, 0, 2 * 65_536).every((byte) => byte === 9)).toBe(true)
  })
})

describe('SharedPool.occupancy', () => {
  it('has the blocks that any thread has in use and those in flight, and not those at hand', () => {
    const pool = make({ channels: 1 })
    const used = () => {
      const { cells, bits } = pool.occupancy()
      return Array.from({ length: cells }, (_, cell) => cell).filter((cell) => (((bits[cell >>> 3] as number) >>> (cell & 7)) & 1) === 1)
    }
    expect(pool.occupancy()).toMatchObject({ cells: 100, cellBytes: 64 })
    expect(used()).toEqual([])
    const handles = Array.from({ length: 10 }, () => pool.acquire())
    expect(pool.send(0, handles[3] as number)).toBe(true)
    pool.release(handles[5] as number)
    expect(used()).toEqual(pool.held().map(({ block }) => block))
    expect(used()).toHaveLength(9)
    pool.detach()
  })
})
