import { afterEach, describe, expect, it, vi } from 'vitest'
import * as one from '../src/index.js'
import * as oneTesting from '../src/testing.js'

/** The package loaded once more, as an application that uses its ESM and its CJS form has it. */
async function anotherCopy(): Promise<typeof one> {
  vi.resetModules()
  return import('../src/index.js')
}

const coded = (code: string) => expect.objectContaining({ code })

describe('two copies of the package in one process', { timeout: 60_000 }, () => {
  afterEach(() => {
    vi.resetModules()
  })

  it('tell each other’s errors by code, though they share no class', async () => {
    const two = await anotherCopy()
    expect(two.BufferPool).not.toBe(one.BufferPool)
    const pool = new two.BufferPool({ maxSize: 1 })
    pool.acquire()
    let error: unknown
    try {
      pool.acquire()
    } catch (thrown) {
      error = thrown
    }
    expect(error instanceof one.PoolError).toBe(false)
    expect(one.isPoolError(error, 'ERR_POOL_EXHAUSTED')).toBe(true)
    pool.destroy()
  })

  it('refuse each other’s buffers, and stay as they were', async () => {
    const two = await anotherCopy()
    const [mine, theirs] = [new one.BufferPool({ bufferSize: 64 }), new two.BufferPool({ bufferSize: 64 })]
    const buffer = mine.acquire()
    expect(() => theirs.release(buffer)).toThrow(coded('ERR_POOL_FOREIGN_BUFFER'))
    mine.release(buffer)
    expect([mine.stats().inUse, theirs.stats().outstanding]).toEqual([0, 0])
    mine.destroy()
    theirs.destroy()
  })

  it('share one directory, so that exporters see the pools of both, and so does expectNoLeaks', async () => {
    const two = await anotherCopy()
    const theirs = new two.BufferPool({ name: 'theirs' })
    expect([...one.livePools.sources()]).toContain(theirs)
    const held: Buffer[] = []
    const leaking = oneTesting.expectNoLeaks(() => held.push(theirs.acquire()))
    await expect(leaking).rejects.toEqual(coded('ERR_POOL_LEAK'))
    theirs.destroy()
    expect([...one.livePools.sources()]).not.toContain(theirs)
  })

  it('give their pools names that differ, since exporters tell them by these', async () => {
    const two = await anotherCopy()
    const pools = [new one.BufferPool(), new two.BufferPool(), new one.SizeClassPool(), new two.BufferPool()]
    expect(new Set(pools.map(({ name }) => name)).size).toBe(4)
    for (const pool of pools) pool.destroy()
  })

  it('look after each other’s pools in a manager', async () => {
    const two = await anotherCopy()
    const manager = new one.PoolManager()
    const theirs = manager.add(new two.BufferPool({ name: 'theirs' }))
    expect(manager.getStats().theirs).toMatchObject({ kind: 'buffer' })
    expect(() => manager.getPool('theirs')).toThrow(coded('ERR_POOL_NAME_TAKEN'))
    manager.destroyAll()
    expect(theirs.closed).toBe(true)
  })
})
