import { BufferPool, isPoolError, PoolManager, SizeClassPool } from '@pool/core'
import { describe, expect, it, vi } from 'vitest'
import { poolHealth, poolRoutes, poolStats } from '../src/index.js'
import { send } from './support/client.js'
import { composers, serve } from './support/hosts.js'

const stats = { method: 'GET', path: '/metrics/memory-pools?pretty=1' }
const health = { method: 'GET', path: '/health/memory-pools' }

describe.each(Object.keys(composers))('poolRoutes on %s', (kind) => {
  it('answers the stats of every pool of the process, by name', async () => {
    const pool = new SizeClassPool({ name: `routes on ${kind}` })
    const host = await serve(kind, [poolRoutes()], (_request, response) => response.end('handed on'))
    const answer = await send(host.port, stats)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    expect(JSON.parse(answer.text)[pool.name]).toMatchObject({ name: pool.name, kind: 'size-class', inUse: 0 })
    expect((await send(host.port, { ...stats, method: 'HEAD' })).text).toBe('')
    expect((await send(host.port, { ...stats, method: 'POST' })).text).toBe('handed on')
    expect((await send(host.port, { method: 'GET', path: '/elsewhere' })).text).toBe('handed on')
    await host.close()
  })

  it('answers 200 while every pool is healthy, and 503 when one has served nothing for seconds', async () => {
    const pool = new BufferPool({ name: 'sick', bufferSize: 64, initialSize: 1, maxSize: 1 })
    const host = await serve(kind, [poolRoutes({ pools: [pool, new BufferPool({ name: 'well' })] })])
    const well = await send(host.port, health)
    expect([well.status, JSON.parse(well.text)]).toEqual([200, { healthy: true, warnings: [], errors: [] }])
    const taken = pool.lease(64)
    expect(() => pool.lease(64)).toThrow()
    expect((await send(host.port, health)).status).toBe(200)
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 6000)
    const sick = await send(host.port, health)
    clock.mockRestore()
    expect(sick.status).toBe(503)
    expect(JSON.parse(sick.text)).toMatchObject({ healthy: false, errors: [expect.stringContaining("'sick'")] })
    taken.release()
    await host.close()
  })

  it('shows figures and names, and neither places in the code nor bytes of a buffer', async () => {
    const pool = new SizeClassPool({ name: 'private', leakDetection: 'all' })
    const host = await serve(kind, [poolRoutes({ pools: pool })])
    const lease = pool.lease(100)
    lease.buffer.fill('secret')
    const shown = (await send(host.port, stats)).text + (await send(host.port, health)).text
    lease.release()
    expect(shown).not.toMatch(/secret|\.ts|\.js|node_modules|\/|\\/)
    await host.close()
  })

  it('hands the error of a pool on, and answers for the directories of pools that are given', async () => {
    const manager = new PoolManager()
    manager.getPool('first')
    const broken = {
      name: 'broken',
      stats() {
        throw new Error('broken')
      }
    }
    const twins = [new SizeClassPool({ name: 'twin' }), new SizeClassPool({ name: 'twin' })]
    const directory = await serve(kind, [poolStats({ pools: manager })])
    manager.getPool('second')
    expect(Object.keys(JSON.parse((await send(directory.port, stats)).text))).toEqual(['first', 'second'])
    const doubled = await serve(kind, [poolStats({ pools: twins })])
    expect(Object.keys(JSON.parse((await send(doubled.port, stats)).text))).toEqual(['twin', 'twin#2'])
    for (const handler of [poolStats, poolHealth]) {
      const host = await serve(kind, [handler({ pools: broken as never })])
      expect((await send(host.port, stats)).status).toBe(500)
      await host.close()
    }
    await Promise.all([directory.close(), doubled.close()])
  })
})

describe('the options of the routes', () => {
  it.each([
    ['pools that are none', { pools: 7 }],
    ['a list of what is no pool', { pools: [{}] }],
    ['an object that is no pool', { pools: {} }],
    ['an unknown option', { pool: new SizeClassPool() }],
    ['a pool in the place of options', new SizeClassPool()],
    ['pools in the place of options', new Set([new SizeClassPool()])],
    ['a directory in the place of options', new PoolManager()]
  ])('refuse %s', (_what, options) => {
    for (const make of [poolStats, poolHealth, poolRoutes]) {
      expect(() => make(options as never)).toThrow(expect.toSatisfy((error) => isPoolError(error, 'ERR_POOL_INVALID_OPTION')))
    }
  })
})
