import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { BufferPool, type PoolEvents } from '../src/index.js'
import { arenaOf } from '../src/pools/pool.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('listeners', () => {
  it('are told of what happens, in order, each with the pool’s name', () => {
    const pool = new BufferPool({ name: 'told', bufferSize: 64, initialSize: 0, maxSize: 2 })
    const told: unknown[] = []
    const names = ['acquire', 'release', 'grow', 'shrink', 'exhausted', 'destroy'] as const
    for (const name of names) pool.on(name, (event: object) => told.push({ name, ...event }))
    const buffers = [pool.acquire(), pool.acquire()]
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    for (const buffer of buffers) pool.release(buffer)
    pool.trim()
    pool.destroy()
    const base = { pool: 'told', bufferSize: 64 }
    expect(told).toEqual([
      { name: 'acquire', ...base },
      { name: 'grow', ...base, count: 1, total: 1 },
      { name: 'acquire', ...base },
      { name: 'grow', ...base, count: 1, total: 2 },
      { name: 'exhausted', ...base, inUse: 2, waiting: 0 },
      { name: 'release', ...base },
      { name: 'release', ...base },
      { name: 'shrink', ...base, count: 2, total: 0 },
      { name: 'destroy', pool: 'told' }
    ])
  })

  it('are told how each wait ended', async () => {
    const pool = new BufferPool({ initialSize: 1, maxSize: 1 })
    const outcomes: string[] = []
    pool.on('wait', ({ outcome, waitedMs }) => {
      expect(waitedMs).toBeGreaterThanOrEqual(0)
      outcomes.push(outcome)
    })
    const only = pool.acquire()
    const controller = new AbortController()
    const aborted = pool.acquireAsync({ signal: controller.signal })
    controller.abort()
    await expect(aborted).rejects.toThrow('aborted')
    await expect(pool.acquireAsync({ timeoutMs: 1 })).rejects.toEqual(coded('ERR_POOL_ACQUIRE_TIMEOUT'))
    const served = pool.acquireAsync()
    pool.release(only)
    await served
    const closed = pool.acquireAsync()
    pool.destroy()
    await expect(closed).rejects.toEqual(coded('ERR_POOL_CLOSED'))
    expect(outcomes).toEqual(['aborted', 'timeout', 'served', 'closed'])
  })

  it('are told of a wait in the async context of who waited, however it ended', async () => {
    const storage = new AsyncLocalStorage<string>()
    const pool = new BufferPool({ initialSize: 1, maxSize: 1 })
    const seen: unknown[] = []
    pool.on('wait', ({ outcome }) => seen.push([outcome, storage.getStore()]))
    const only = pool.acquire()
    const controller = new AbortController()
    const aborted = storage.run('first', () => pool.acquireAsync({ signal: controller.signal }))
    const served = storage.run('second', () => pool.acquireAsync())
    storage.run('other', () => {
      controller.abort()
      pool.release(only)
    })
    await expect(aborted).rejects.toThrow('aborted')
    pool.release(await served)
    expect(seen).toEqual([
      ['aborted', 'first'],
      ['served', 'second']
    ])
    pool.destroy()
  })

  it('reach a listener of once() once, also where a listener before it causes the event again', () => {
    const pool = new BufferPool({ bufferSize: 64 })
    let isFirst = true
    pool.on('acquire', () => {
      if (!isFirst) return
      isFirst = false
      pool.release(pool.acquire())
    })
    let told = 0
    pool.once('acquire', () => told++)
    pool.release(pool.acquire())
    expect(told).toBe(1)
    pool.destroy()
  })

  it('are told once by once(), and can be taken away before', () => {
    const pool = new BufferPool({ initialSize: 1 })
    let calls = 0
    const listener = () => {
      calls++
    }
    pool.once('acquire', listener)
    pool.acquire()
    pool.acquire()
    expect(calls).toBe(1)
    pool.once('acquire', listener).off('acquire', listener)
    pool.acquire()
    expect(calls).toBe(1)
    pool.destroy()
  })

  it('stand as often as they were added, and go one at a time, the last first', () => {
    const pool = new BufferPool({ initialSize: 1 })
    const calls: string[] = []
    const a = () => calls.push('a')
    const b = () => calls.push('b')
    pool.on('acquire', a).on('acquire', b).on('acquire', a)
    pool.acquire()
    pool.off('acquire', a)
    pool.acquire()
    pool.off('acquire', a).off('acquire', a)
    pool.acquire()
    expect(calls.join('')).toBe('aba' + 'ab' + 'b')
    pool.destroy()
  })

  it('may change the listeners while they are told; the change counts from the next event on', () => {
    const pool = new BufferPool({ initialSize: 1 })
    const calls: string[] = []
    const second = () => calls.push('second')
    pool.on('acquire', () => {
      calls.push('first')
      pool.off('acquire', second)
      pool.on('acquire', () => calls.push('late'))
    })
    pool.on('acquire', second)
    pool.acquire()
    expect(calls).toEqual(['first', 'second'])
    pool.acquire()
    expect(calls.slice(2)).toEqual(['first', 'late'])
    pool.destroy()
  })

  it('that throw reach the process, neither the pool’s caller nor other listeners', async () => {
    const pool = new BufferPool({ initialSize: 1 })
    const uncaught: unknown[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const onUncaught = (error: unknown) => uncaught.push(error)
    process.on('uncaughtException', onUncaught)
    let heard = false
    const failure = new Error('listener failed')
    pool.on('release', () => {
      throw failure
    })
    pool.on('release', () => {
      heard = true
    })
    pool.release(pool.acquire())
    expect([heard, uncaught]).toEqual([true, []])
    await new Promise((resolve) => setImmediate(resolve))
    process.off('uncaughtException', onUncaught)
    for (const other of others) process.on('uncaughtException', other)
    expect(uncaught).toEqual([failure])
    expect(pool.stats()).toMatchObject({ inUse: 0, available: 1 })
    pool.destroy()
  })

  it('must be functions, of events that there are', () => {
    const pool = new BufferPool()
    for (const listener of [undefined, null, 5, 'fn', {}]) {
      expect(() => pool.on('acquire', listener as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      expect(() => pool.once('acquire', listener as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    for (const event of ['nothing', '', 'line', '__proto__', 'constructor', Symbol('x'), null, undefined, 5]) {
      for (const method of ['on', 'once', 'off'] as const) {
        expect(() => pool[method](event as 'acquire', () => {})).toThrow(coded('ERR_POOL_INVALID_OPTION'))
      }
    }
    pool.off('acquire', () => {})
    pool.destroy()
  })

  it('cost nothing once they are gone: the pool is back on its hot path', () => {
    const pool = new BufferPool({ initialSize: 1, clear: 'never' })
    const [list] = arenaOf(pool).classes
    const hot = { keep: list?.keep, armed: list?.armed }
    const nothing = () => {}
    pool.on('acquire', nothing).on('release', nothing)
    expect(list).toMatchObject({ keep: -1, armed: 1 })
    pool.off('acquire', nothing).off('release', nothing)
    expect({ keep: list?.keep, armed: list?.armed }).toEqual(hot)
    pool.once('release', nothing)
    expect(list?.keep).toBe(-1)
    pool.release(pool.acquire())
    expect({ keep: list?.keep, armed: list?.armed }).toEqual(hot)
    pool.destroy()
  })
})

describe('diagnostics channels', () => {
  it('carry the rare events of every pool', () => {
    const told: unknown[] = []
    const names = ['grow', 'shrink', 'exhausted', 'destroy'] as const
    const listeners = names.map((name) => {
      const listener = (event: unknown) => told.push({ name, ...(event as PoolEvents['grow']) })
      subscribe(`@pool/core:${name}`, listener)
      return () => unsubscribe(`@pool/core:${name}`, listener)
    })
    const pool = new BufferPool({ name: 'channelled', bufferSize: 64, initialSize: 1, maxSize: 1 })
    pool.acquire()
    expect(() => pool.acquire()).toThrow(coded('ERR_POOL_EXHAUSTED'))
    pool.destroy()
    for (const stop of listeners) stop()
    new BufferPool().destroy()
    expect(told).toEqual([
      { name: 'grow', pool: 'channelled', bufferSize: 64, count: 1, total: 1 },
      { name: 'exhausted', pool: 'channelled', bufferSize: 64, inUse: 1, waiting: 0 },
      { name: 'destroy', pool: 'channelled' }
    ])
  })
})
