import { hasSubscribers } from 'node:diagnostics_channel'
import { BufferPool, PoolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { samplesOf } from './page-of.js'

expectWarnings('POOL_UNREADABLE')

let manager: PoolManager
let registry: Registry

beforeEach(() => {
  manager = new PoolManager()
  registry = new Registry()
})
afterEach(() => manager.destroyAll())

const scrape = async () => samplesOf(await registry.metrics())

async function waitOnce(pool: BufferPool): Promise<void> {
  const buffer = pool.acquire()
  const waiting = pool.acquireAsync()
  pool.release(buffer)
  pool.release(await waiting)
}

const one = { bufferSize: 64, initialSize: 1, maxSize: 1 }

describe('the wait histogram', () => {
  it('is not there unless asked for, and nobody listens', async () => {
    registerPoolMetrics({ pools: manager, registry })
    expect(hasSubscribers('@pool/core:wait')).toBe(false)
    expect(registry.getSingleMetric('buffer_pool_wait_seconds')).toBeUndefined()
  })

  it('counts waits of its own pools, served and timed out, in seconds, and stops when it is unregistered', async () => {
    const pool = manager.getPool('mine', one)
    const foreign = new BufferPool({ name: 'foreign', ...one, shrinkInterval: 0 })
    const metrics = registerPoolMetrics({ pools: manager, registry, waitHistogram: { buckets: [0.000001, 30] } })
    await waitOnce(pool)
    await waitOnce(foreign)
    const out = pool.acquire()
    await expect(pool.acquireAsync({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' })
    pool.release(out)
    const samples = await scrape()
    expect(samples.get('buffer_pool_wait_seconds_count')).toBe(2)
    expect(samples.get('buffer_pool_wait_seconds_bucket{le="30"}')).toBe(2)
    expect(samples.get('buffer_pool_wait_seconds_sum')).toBeGreaterThan(0.003)
    expect(samples.get('buffer_pool_wait_seconds_sum')).toBeLessThan(30)
    metrics.unregister()
    expect(hasSubscribers('@pool/core:wait')).toBe(false)
    foreign.destroy()
  })

  it('has a histogram for each pool where asked to, hides a destroyed one, and goes on counting with its name', async () => {
    registerPoolMetrics({ pools: manager, registry, waitHistogram: { byPool: true } })
    const [first, other] = [manager.getPool('first', one), manager.getPool('other', one)]
    await waitOnce(first)
    await waitOnce(first)
    await waitOnce(other)
    const count = 'buffer_pool_wait_seconds_count{pool="first"}'
    expect((await scrape()).get(count)).toBe(0)
    expect((await scrape()).get(count)).toBe(2)
    first.destroy()
    let samples = await scrape()
    expect(samples.get(count)).toBeUndefined()
    expect(samples.get('buffer_pool_wait_seconds_count{pool="other"}')).toBe(1)
    await waitOnce(manager.getPool('first', one))
    samples = await scrape()
    expect(samples.get(count)).toBe(3)
  })

  it('has every bucket of a pool at 0 before it waited, and on the first page that has it', async () => {
    const pool = manager.getPool('quiet', one)
    registerPoolMetrics({ pools: manager, registry, waitHistogram: { byPool: true, buckets: [1, 10] } })
    const zeros = async () =>
      [...(await scrape())].filter(([name]) => name.startsWith('buffer_pool_wait_seconds')).map(([, value]) => value)
    expect(await zeros()).toEqual([0, 0, 0, 0, 0])
    const late = manager.getPool('late', one)
    await waitOnce(late)
    await waitOnce(pool)
    const samples = await scrape()
    expect(samples.get('buffer_pool_wait_seconds_count{pool="late"}')).toBe(0)
    expect(samples.get('buffer_pool_wait_seconds_count{pool="quiet"}')).toBe(1)
    expect((await scrape()).get('buffer_pool_wait_seconds_count{pool="late"}')).toBe(1)
  })

  it('remembers a limited number of pools that have gone', async () => {
    registerPoolMetrics({ pools: manager, registry, waitHistogram: { byPool: true } })
    for (let number = 0; number < 300; number++) {
      const pool = manager.getPool(`short-${number}`, one)
      await waitOnce(pool)
      pool.destroy()
    }
    expect((await scrape()).size).toBe(1)
    // The first were forgotten, the last were not.
    for (const number of [0, 299]) await waitOnce(manager.getPool(`short-${number}`, one))
    await scrape()
    const samples = await scrape()
    expect(samples.get('buffer_pool_wait_seconds_count{pool="short-0"}')).toBe(1)
    expect(samples.get('buffer_pool_wait_seconds_count{pool="short-299"}')).toBe(2)
  })

  it('never lets an error of the directory reach the pool', async () => {
    const pool = manager.getPool('mine', one)
    const directory = {
      sources() {
        throw new Error('no')
      }
    }
    registerPoolMetrics({ pools: directory, registry, waitHistogram: true })
    await waitOnce(pool)
    expect((await scrape()).get('buffer_pool_wait_seconds_count')).toBe(0)
  })
})
