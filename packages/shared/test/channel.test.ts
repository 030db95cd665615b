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
