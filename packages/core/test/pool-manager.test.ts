import { afterEach, describe, expect, it, vi } from 'vitest'
import { BufferPool, PoolManager, poolManager, SizeClassPool, UnpooledPool } from '../src/index.js'

const coded = (code: string) => expect.objectContaining({ code })

describe('PoolManager', () => {
  const manager = new PoolManager()
  afterEach(() => manager.destroyAll())

  it('makes a pool at the first call of a name, and gets it at the next', () => {
    const pool = manager.getPool('requests', { bufferSize: 1024, maxSize: 4, initialSize: 1 })
    expect(pool).toBeInstanceOf(BufferPool)
    expect(pool).toMatchObject({ name: 'requests', bufferSize: 1024 })
    expect(manager.getPool('requests')).toBe(pool)
    expect(manager.getPool('requests', { maxSize: 4, initialSize: 1, bufferSize: 1024 })).toBe(pool)
    expect(manager.has('requests')).toBe(true)
    expect(manager.has('others')).toBe(false)
  })

  it('makes a pool without options, too, and takes options of undefined for none', () => {
    const pool = manager.getPool('plain')
    const absent = { maxSize: undefined } as object
    expect(manager.getPool('plain', {})).toBe(pool)
    expect(manager.getPool('plain', absent)).toBe(pool)
  })

  it('takes options that are inherited, too', () => {
    const inherited = Object.create({ bufferSize: 64, maxSize: 5, initialSize: 0 })
    const pool = manager.getPool('a', inherited)
    expect(pool.stats()).toMatchObject({ bufferSize: 64, capacity: 5 })
    expect(manager.getPool('a', { bufferSize: 64, maxSize: 5, initialSize: 0 })).toBe(pool)
    expect(() => manager.getPool('a', Object.create({ bufferSize: 65 }))).toThrow(coded('ERR_POOL_NAME_TAKEN'))
  })

  it('tells memory pressure options apart, too', () => {
    const usedBytes = () => 0
    const pool = manager.getPool('a', { memoryPressure: { elevated: 0.5, usedBytes } })
    expect(manager.getPool('a', { memoryPressure: { usedBytes, elevated: 0.5 } })).toBe(pool)
    for (const memoryPressure of [{ elevated: 0.6, usedBytes }, { elevated: 0.5 }, false] as const) {
      expect(() => manager.getPool('a', { memoryPressure })).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    }
  })

  it('refuses a name that is taken with other options', () => {
    manager.getPool('a', { maxSize: 5 })
    for (const options of [{ maxSize: 6 }, {}, { maxSize: 5, bufferSize: 1 }, { maxSize: '5' as never }, { maxSize: null as never }]) {
      expect(() => manager.getPool('a', options)).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    }
    const circular: Record<string, unknown> = {}
    circular.memoryPressure = circular
    for (const strange of [circular, { maxSize: Object.create(null) }, { maxSize: Symbol('5') }]) {
      expect(() => manager.getPool('a', strange as object)).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    }
  })

  it('refuses names and options that are none, and then has no such pool', () => {
    for (const name of ['', 5, null, undefined, {}, 'x'.repeat(201)]) {
      expect(() => manager.getPool(name as string)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    const wrong = [null, 'small', 5, [], { maxSize: null }, { clear: null }, { memoryPressure: null }, { name: 'other' }, { size: 1 }]
    for (const options of wrong) {
      expect(() => manager.getPool('a', options as object)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
    expect(manager.has('a')).toBe(false)
    expect([...manager.sources()]).toEqual([])
  })

  it('keeps names that mean something to JavaScript objects', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const pool = manager.getPool(name, { initialSize: 0 })
      expect(manager.getPool(name)).toBe(pool)
      expect(Object.hasOwn(manager.getStats(), name)).toBe(true)
    }
    expect(Object.keys(manager.getStats())).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    expect(({} as { name?: string }).name).toBeUndefined()
  })

  it('looks after pools made elsewhere, of any kind, under their own names', () => {
    const pool = manager.add(new SizeClassPool({ name: 'bodies' }))
    expect(manager.add(pool)).toBe(pool)
    const stats = new UnpooledPool().stats()
    const own = manager.add({ name: 'own', stats: () => stats })
    expect([...manager.sources()]).toEqual([pool, own])
    expect(manager.getStats()).toMatchObject({ bodies: { kind: 'size-class' }, own: { kind: 'unpooled' } })
    expect(() => manager.getPool('bodies')).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    expect(() => manager.add(new BufferPool({ name: 'bodies' }))).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    for (const value of [null, undefined, 'pool', {}, { name: 'x' }, { name: 'x', stats: 5 }, { name: '', stats: () => stats }]) {
      expect(() => manager.add(value as never)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    }
  })

  it('forgets a pool that was destroyed elsewhere, and gives its name away again', () => {
    const before = manager.getPool('a', { maxSize: 5 })
    before.destroy()
    expect(manager.has('a')).toBe(false)
    expect(manager.getStats()).toEqual({})
    const after = manager.getPool('a', { maxSize: 6 })
    expect(after).not.toBe(before)
    expect(after.closed).toBe(false)
  })

  it('gathers the health of all: healthy as long as none has an error', () => {
    const full = manager.getPool('full', { maxSize: 1, initialSize: 1 })
    manager.getPool('idle', { initialSize: 1 })
    expect(manager.healthCheck()).toEqual({ healthy: true, warnings: [], errors: [] })
    const buffer = full.acquire()
    const now = performance.now()
    expect(() => full.acquire()).toThrow()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 6000)
    const health = manager.healthCheck()
    clock.mockRestore()
    expect(health.healthy).toBe(false)
    expect(health.errors).toEqual([expect.stringContaining("pool 'full'")])
    expect(Object.isFrozen(health)).toBe(true)
    full.release(buffer)
    manager.add({
      name: 'own',
      stats: () => full.stats(),
      healthCheck: () => ({ healthy: false, warnings: ['w'], errors: ['e'] })
    })
    expect(manager.healthCheck()).toEqual({ healthy: false, warnings: [expect.stringContaining('ran out'), 'w'], errors: ['e'] })
  })

  it('destroys every pool and forgets it, those that follow one that cannot be destroyed, too', () => {
    const pools = [manager.getPool('a'), manager.getPool('b')]
    const failure = new Error('busy')
    const stats = pools[0]?.stats() as never
    manager.add({
      name: 'bad',
      stats: () => stats,
      destroy() {
        throw failure
      }
    })
    manager.add({ name: 'endless', stats: () => stats })
    pools.push(manager.getPool('c'))
    expect(() => manager.destroyAll()).toThrow(failure)
    expect(pools.map(({ closed }) => closed)).toEqual([true, true, true])
    expect([...manager.sources()]).toEqual([])
    manager.destroyAll()
  })

  it('lets a listener get a pool of the same name while all are destroyed', () => {
    const before = manager.getPool('a')
    let after: BufferPool | undefined
    before.on('destroy', () => {
      after = manager.getPool('a')
    })
    manager.destroyAll()
    expect(after?.closed).toBe(false)
    expect(manager.getPool('a')).toBe(after)
  })
})

it('poolManager is one for the whole process', () => {
  expect(poolManager).toBeInstanceOf(PoolManager)
})
