import { describe, expect, it } from 'vitest'
import { SharedPool, type SharedPoolOptions } from '../src/index.js'
import { refuses } from './support/refuses.js'

const make = (options: Partial<SharedPoolOptions<Float32Array>> = {}) =>
  SharedPool.create({ type: Float32Array, shape: 8, blocks: 64, threads: 4, channels: 2, mode: 'transfer', ...options })

const join = (pool: SharedPool<Float32Array>) => {
  const token = pool.token()
  return SharedPool.attach<Float32Array>(structuredClone(token, { transfer: token.transfer }))
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

/** Receives a block, as soon as one has arrived. */
const arrived = async (pool: SharedPool<Float32Array>, channel = 0) => {
  for (let turns = 0; turns < 400; turns++) {
    const handle = pool.receive(channel)
    if (handle >= 0) return handle
    await turn()
  }
  throw new Error('no block arrived')
}

/** Expects something of what messages that are under way will have brought about. */
const eventually = <R>(read: () => R) => expect.poll(read, { timeout: 20_000, interval: 2 })

const takeAll = (pool: SharedPool) => {
  const handles: number[] = []
  for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) handles.push(handle)
  return handles
}

describe('a pool without shared memory', () => {
  it('says so, and lends all its blocks in the thread that made it', () => {
    const pool = make()
    expect([pool.mode, pool.stats().mode]).toEqual(['transfer', 'transfer'])
    const handles = takeAll(pool)
    expect(new Set(handles.map((handle) => pool.view(handle).buffer)).size).toBe(64)
    for (const handle of handles) pool.release(handle)
    expect(pool.stats()).toMatchObject({ available: 64, inUse: 0, acquisitions: 64, releases: 64 })
  })

  it('gives each thread that attaches a share of the blocks', () => {
    const pool = make()
    const [one, two] = [join(pool), join(pool)]
    expect([pool, one, two].map((thread) => takeAll(thread).length)).toEqual([32, 16, 16])
    expect([pool, one, two].map(({ seat }) => seat)).toEqual([1, 2, 3])
    expect(one.stats()).toMatchObject({ total: 16, inUse: 16, acquisitions: 16 })
    join(pool)
    refuses('ERR_POOL_NO_SEAT', () => pool.token())
  })

  it('refuses a token that a thread has attached with: both would lend the same blocks', () => {
    const pool = make()
    const token = pool.token()
    const other = SharedPool.attach(token)
    refuses(
      'ERR_POOL_INVALID_OPTION',
      () => SharedPool.attach(token),
      () => pool.stats().available
    )
    expect(takeAll(other).length).toBe(16)
    other.detach()
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.attach(token))
  })

  it('sends blocks with their contents, and has them back once they were released', async () => {
    const pool = make()
    const other = join(pool)
    for (let round = 0; round < 20; round++) {
      const handles = Array.from({ length: 40 }, () => pool.acquire())
      for (const [at, handle] of handles.entries()) {
        pool.view(handle).fill(round * 100 + at)
        expect(pool.send(1, handle)).toBe(true)
        refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(handle))
      }
      for (const at of handles.keys()) {
        const handle = await arrived(other, 1)
        expect(other.view(handle)[7]).toBe(round * 100 + at)
        other.release(handle)
        refuses('ERR_POOL_STALE_HANDLE', () => other.release(handle - 512))
      }
      await eventually(() => pool.stats()).toMatchObject({ available: 48, inUse: 0, inFlight: 0 })
      expect(other.stats()).toMatchObject({ available: 16, inUse: 0 })
    }
  })

  it('takes no new memory for blocks that come back', async () => {
    const pool = make({ blocks: 8, threads: 2 })
    const other = join(pool)
    const memories = new Set<string>()
    for (let round = 0; round < 50; round++) {
      const handle = pool.acquire()
      const view = pool.view(handle)
      if (round > 4) memories.add(String(view[1]))
      view[1] = 5
      pool.send(0, handle)
      other.release(await arrived(other))
      await eventually(() => pool.stats().available).toBe(4)
    }
    expect([...memories]).toEqual(['5'])
  })

  it('passes blocks on from one thread to another, and home from there', async () => {
    const pool = make()
    const [one, two] = [join(pool), join(pool)]
    const handle = one.acquire()
    one.view(handle)[0] = 7
    one.send(0, handle)
    const there = await arrived(two)
    two.view(there)[0] = 8
    two.send(1, there)
    const back = await arrived(pool, 1)
    expect(pool.view(back)[0]).toBe(8)
    pool.release(back)
    await eventually(() => [pool, one, two].map((thread) => thread.stats().available)).toEqual([32, 16, 16])
  })

  it('says false when as many blocks are unread as the channel holds, until some are received', async () => {
    const pool = make({ channelCapacity: 4 })
    const other = join(pool)
    other.receive(0)
    const handles = Array.from({ length: 5 }, () => pool.acquire())
    expect(handles.map((handle) => pool.send(0, handle))).toEqual([true, true, true, true, false])
    await turn()
    expect(pool.send(0, handles[4] as number)).toBe(false)
    other.release(await arrived(other))
    await eventually(() => pool.send(0, handles[4] as number)).toBe(true)
    expect(pool.stats().inFlight).toBe(4)
  })

  it('takes back what a thread held, had at home and had not read, once it is reaped', async () => {
    const pool = make()
    const token = pool.token()
    const other = SharedPool.attach<Float32Array>(structuredClone(token, { transfer: token.transfer }))
    const third = join(pool)
    for (let count = 0; count < 10; count++) pool.send(0, pool.acquire())
    for (let count = 0; count < 4; count++) third.send(0, third.acquire())
    // So many that one of them is the third thread's: all four of those have then left it, in one batch.
    for (let count = 0; count < 11; count++) await arrived(other)
    other.acquire()
    expect(pool.reap(token)).toBe(16 + 14)
    await eventually(() => pool.stats()).toMatchObject({ available: 48, inUse: 0, inFlight: 0 })
    await eventually(() => third.stats()).toMatchObject({ available: 16, inFlight: 0 })
    expect(takeAll(pool).length).toBe(48)
    expect(pool.reap(token)).toBe(0)
  })

  it('takes back what a thread had when it detaches, and its seat', async () => {
    const pool = make({ threads: 2 })
    const other = join(pool)
    pool.send(0, pool.acquire())
    await arrived(other)
    expect(other.detach()).toBe(1)
    await eventually(() => pool.stats()).toMatchObject({ available: 64, inFlight: 0 })
    expect(join(pool).seat).toBe(2)
  })

  it('leaves threads what they lend when its maker detaches, and takes no more from them', async () => {
    const pool = make()
    const other = join(pool)
    pool.detach()
    const isSent = () => {
      const handle = other.acquire()
      if (other.send(0, handle)) return true
      other.release(handle)
      return false
    }
    await expect.poll(isSent, { timeout: 20_000, interval: 20 }).toBe(false)
    other.detach()
  })

  it('refuses what needs shared memory, and what only its maker can do', async () => {
    const pool = make()
    const token = pool.token()
    const other = SharedPool.attach<Float32Array>(structuredClone(token, { transfer: token.transfer }))
    const handle = pool.acquire()
    const state = () => pool.stats().inUse
    refuses('ERR_POOL_NO_SHARED_MEMORY', () => pool.offset(handle), state)
    refuses('ERR_POOL_NO_SHARED_MEMORY', () => pool.memory, state)
    refuses('ERR_POOL_NO_SHARED_MEMORY', () => other.token(), state)
    refuses('ERR_POOL_NO_SHARED_MEMORY', () => other.reap(token), state)
    refuses('ERR_POOL_INVALID_OPTION', () => make({ memory: new SharedArrayBuffer(1e5) }))
    refuses('ERR_POOL_INVALID_OPTION', () => make({ mode: 'copy' as never }))
    takeAll(pool)
    refuses('ERR_POOL_MAY_NOT_BLOCK', () => pool.acquireSync(10), state)
    const waiting = pool.acquireAsync({ timeoutMs: 1000 })
    pool.release(handle)
    expect(await waiting).toBeGreaterThanOrEqual(0)
  })
})
