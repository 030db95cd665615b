import { describe, expect, it } from 'vitest'
import { SharedPool } from '../src/index.js'
import { refuses } from './support/refuses.js'

const make = (channels = 1, channelCapacity = 4) =>
  SharedPool.create({ type: Uint8Array, shape: 64, blocks: 100, channels, channelCapacity })

describe('send and receive', () => {
  it('hand blocks over in order, and say so when the channel is full or empty', () => {
    const pool = make()
    const other = SharedPool.attach(pool.token())
    for (let lap = 0; lap < 1000; lap++) {
      expect(other.receive(0)).toBe(-1)
      const sent: number[] = []
      for (let handle = pool.acquire(); ; handle = pool.acquire()) {
        pool.view(handle)[0] = sent.length
        if (!pool.send(0, handle)) {
          pool.release(handle)
          break
        }
        sent.push(handle)
      }
      expect(sent.length).toBe(4)
      expect(pool.stats()).toMatchObject({ inFlight: 4, inUse: 4 })
      for (const at of sent.keys()) {
        const received = other.receive(0)
        expect(other.view(received)[0]).toBe(at)
        other.release(received)
      }
    }
    expect(pool.stats()).toMatchObject({ inFlight: 0, inUse: 0, available: 100 })
    expect(pool.stats().threads[0]).toMatchObject({ sent: 4000, out: 0 })
    expect(pool.stats().threads[1]).toMatchObject({ received: 4000, out: 0 })
  })

  it('keep channels apart', () => {
    const pool = make(3)
    const handle = pool.acquire()
    pool.send(2, handle)
    expect([pool.receive(0), pool.receive(1)]).toEqual([-1, -1])
    expect(pool.receive(2)).toBeGreaterThanOrEqual(0)
  })

  it('refuse a block that was sent, and a handle from before it came back', () => {
    const pool = make()
    const handle = pool.acquire()
    pool.send(0, handle)
    const state = () => pool.stats().inUse
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(handle), state)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.send(0, handle), state)
    refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.view(handle), state)
    const back = pool.receive(0)
    refuses('ERR_POOL_STALE_HANDLE', () => pool.release(handle), state)
    pool.release(back)
  })

  it.each([-1, 1, 0.5, Number.NaN, '0', undefined])('refuse %s as a channel', (channel) => {
    const pool = make()
    const handle = pool.acquire()
    refuses('ERR_POOL_INVALID_OPTION', () => pool.send(channel as number, handle))
    refuses('ERR_POOL_INVALID_OPTION', () => pool.receive(channel as number))
    pool.release(handle)
  })

  it('refuse when the pool has no channel', () => {
    const pool = make(0)
    refuses('ERR_POOL_INVALID_OPTION', () => pool.receive(0))
  })

  it('give messages back when the last reader detaches, and not before', () => {
    const pool = make()
    const [one, two] = [SharedPool.attach(pool.token()), SharedPool.attach(pool.token())]
    one.receive(0)
    two.receive(0)
    for (let count = 0; count < 3; count++) pool.send(0, pool.acquire())
    expect(one.detach()).toBe(0)
    expect(pool.stats().inFlight).toBe(3)
    expect(two.detach()).toBe(3)
    expect(pool.stats()).toMatchObject({ inFlight: 0, inUse: 0 })
  })
})

describe('a ring', () => {
  const makeRing = () => SharedPool.create({ type: Uint8Array, shape: 64, blocks: 100, channels: 1, rings: 2, channelCapacity: 4 })

  it('hands blocks over in order, and says so when it is full or empty', () => {
    const pool = makeRing()
    const other = SharedPool.attach(pool.token())
    for (let lap = 0; lap < 1000; lap++) {
      const sent = Array.from({ length: 4 }, () => pool.acquire())
      for (const [at, handle] of sent.entries()) {
        pool.view(handle)[0] = lap + at
        expect(pool.send(2, handle)).toBe(true)
      }
      const fifth = pool.acquire()
      expect(pool.send(2, fifth)).toBe(false)
      pool.release(fifth)
      expect(pool.stats().inFlight).toBe(4)
      refuses('ERR_POOL_DOUBLE_RELEASE', () => pool.release(sent[0] as number))
      for (const at of sent.keys()) {
        const received = other.receive(2)
        expect(other.view(received)[0]).toBe((lap + at) & 255)
        other.release(received)
      }
      expect(other.receive(2)).toBe(-1)
    }
    expect(pool.stats()).toMatchObject({ inFlight: 0, inUse: 0, available: 100 })
  })

  it('refuses a second sender and a second receiver, until the first has left', () => {
    const pool = makeRing()
    const [one, two] = [SharedPool.attach(pool.token()), SharedPool.attach(pool.token())]
    expect(one.send(1, one.acquire())).toBe(true)
    const handle = two.acquire()
    const state = () => pool.stats().inUse
    refuses('ERR_POOL_RING_TAKEN', () => two.send(1, handle), state)
    two.release(pool.receive(1) < 0 ? -1 : handle)
    refuses('ERR_POOL_RING_TAKEN', () => two.receive(1), state)
    expect(two.receive(2)).toBe(-1)
    one.detach()
    expect(two.send(1, two.acquire())).toBe(true)
    expect(pool.receive(1)).toBeGreaterThanOrEqual(0)
  })

  it('gives its messages back when its receiver leaves, and its end', () => {
    const pool = makeRing()
    const [one, two] = [SharedPool.attach(pool.token()), SharedPool.attach(pool.token())]
    expect(one.receive(1)).toBe(-1)
    for (let count = 0; count < 3; count++) pool.send(1, pool.acquire())
    expect(one.detach()).toBe(3)
    expect(pool.stats()).toMatchObject({ inFlight: 0, inUse: 0 })
    pool.send(1, pool.acquire())
    expect(two.receive(1)).toBeGreaterThanOrEqual(0)
  })

  it('counts among the channels, of which there are 120 at most', () => {
    const options = { type: Uint8Array, shape: 64, blocks: 8 } as const
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.create({ ...options, channels: 100, rings: 21 }))
    refuses('ERR_POOL_INVALID_OPTION', () => SharedPool.create({ ...options, rings: 1 }).receive(1))
  })
})
