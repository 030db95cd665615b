import { BufferPool, livePools, PoolManager, SizeClassPool, UnpooledPool } from '@pool/core'
import { isPoolError, type StatsSource } from '@pool/core/interfaces'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Counter, Gauge, type OpenMetricsContentType, openMetricsContentType, Registry, register } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { samplesOf, sourceOf } from './page-of.js'

expectWarnings('POOL_UNREADABLE')

/** Buffers that stay out: one that is collected is its pool's no more. */
const kept: unknown[] = []

let manager: PoolManager
let registry: Registry

beforeEach(() => {
  manager = new PoolManager()
  registry = new Registry()
})
afterEach(() => manager.destroyAll())

const scrape = async () => samplesOf(await registry.metrics())

describe('registerPoolMetrics', () => {
  it('shows every figure of a pool as stats() has it, by pool and by size class', async () => {
    const pool = manager.add(new SizeClassPool({ name: 'bodies', sizes: [1024, 4096], maxSize: 2, shrinkInterval: 0 }))
    registerPoolMetrics({ pools: manager, registry })
    const out = [pool.acquire(100), pool.acquire(4000), pool.acquire(4000), pool.acquire(9999)]
    expect(() => pool.acquire(4000)).toThrow()
    for (const buffer of out.slice(1)) pool.release(buffer)
    kept.push(out, pool.acquire(4000))

    // Counters of a pool begin at 0, so that an alert on their increase sees what came before the first scrape.
    expect((await scrape()).get('buffer_pool_exhaustions_total{pool="bodies"}')).toBe(0)
    const samples = await scrape()
    const stats = pool.stats()
    const ofPool = (name: string) => samples.get(`buffer_pool_${name}{pool="bodies"}`)
    expect(ofPool('hit_ratio')).toBe(stats.hitRatio)
    expect(ofPool('reuse_ratio')).toBe(stats.reuseRatio)
    expect(ofPool('utilization_ratio')).toBe(stats.utilization)
    expect(ofPool('live_bytes')).toBe(stats.liveBytes)
    expect(ofPool('idle_bytes')).toBe(stats.idleBytes)
    expect(ofPool('exhaustions_total')).toBe(1)
    expect(ofPool('waiting')).toBe(0)
    expect(ofPool('timeouts_total')).toBe(0)
    expect(ofPool('leaks_total')).toBe(0)
    expect(ofPool('memory_pressure_level')).toBe(0)
    expect(ofPool('fragmentation_ratio')).toBeUndefined()
    for (const one of stats.sizeClasses) {
      const ofClass = (name: string) => samples.get(`buffer_pool_${name}{pool="bodies",size_class="${one.bufferSize}"}`)
      expect(ofClass('gets_total')).toBe(one.acquisitions)
      expect(ofClass('puts_total')).toBe(one.releases)
      expect(ofClass('hits_total')).toBe(one.hits)
      expect(ofClass('misses_total')).toBe(one.misses)
      expect(ofClass('discards_total')).toBe(one.discards)
      expect(ofClass('bytes_allocated_total')).toBe(one.bytesAllocated)
      expect(ofClass('bytes_reused_total')).toBe(one.bytesReused)
      expect(ofClass('buffers_in_use')).toBe(one.inUse)
      expect(ofClass('buffers_idle')).toBe(one.available)
      expect(ofClass('size_class_hit_ratio')).toBe(one.hitRatio)
      expect(ofClass('size_class_reuse_ratio')).toBeCloseTo(one.bytesReused / (one.bytesReused + one.bytesAllocated || 1))
    }
    // What no class has: the buffer of 9999 bytes.
    expect(samples.get('buffer_pool_gets_total{pool="bodies",size_class="other"}')).toBe(1)
    expect(samples.get('buffer_pool_discards_total{pool="bodies",size_class="other"}')).toBe(1)
    expect(samples.get('buffer_pool_bytes_allocated_total{pool="bodies",size_class="other"}')).toBe(9999)
    expect(samples.get('buffer_pool_buffers_idle{pool="bodies",size_class="other"}')).toBeUndefined()
  })

  it('adds up to the figures of the whole pool over its size classes, where there are none too', async () => {
    const pool = manager.add(new UnpooledPool({ name: 'plain' }))
    registerPoolMetrics({ pools: manager, registry })
    pool.release(pool.acquire(5000))
    kept.push(pool.acquire(7000))
    await scrape()
    const samples = await scrape()
    expect(samples.get('buffer_pool_gets_total{pool="plain",size_class="other"}')).toBe(2)
    expect(samples.get('buffer_pool_hits_total{pool="plain",size_class="other"}')).toBe(0)
    expect(samples.get('buffer_pool_buffers_in_use{pool="plain",size_class="other"}')).toBe(1)
  })

  it('shows fragmentation where a pool carves a slab, and the level of memory pressure as a number', async () => {
    registerPoolMetrics({ pools: [sourceOf('slab', { fragmentationRatio: 0.125, memoryPressure: 'critical' })], registry })
    const samples = await scrape()
    expect(samples.get('buffer_pool_fragmentation_ratio{pool="slab"}')).toBe(0.125)
    expect(samples.get('buffer_pool_memory_pressure_level{pool="slab"}')).toBe(2)
  })

  it('shows pools that are made later, and destroyed ones no longer', async () => {
    registerPoolMetrics({ pools: manager, registry })
    expect([...(await scrape()).keys()]).toEqual(['buffer_pool_stats_errors_total'])
    const pool = manager.getPool('late')
    expect((await scrape()).get('buffer_pool_waiting{pool="late"}')).toBe(0)
    pool.destroy()
    expect([...(await scrape()).keys()]).toEqual(['buffer_pool_stats_errors_total'])
  })

  it('leaves a destroyed pool of a fixed list out', async () => {
    const pool = new BufferPool({ name: 'listed', shrinkInterval: 0 })
    registerPoolMetrics({ pools: [pool], registry })
    pool.destroy()
    expect((await scrape()).size).toBe(1)
  })

  it('goes on counting where a pool left off when another is made under its name', async () => {
    registerPoolMetrics({ pools: manager, registry })
    const use = (times: number) => {
      const pool = manager.getPool('again', { bufferSize: 512 })
      for (let time = 0; time < times; time++) pool.release(pool.acquire())
      return pool
    }
    const gets = 'buffer_pool_gets_total{pool="again",size_class="512"}'
    const first = use(7)
    await scrape()
    expect((await scrape()).get(gets)).toBe(7)
    first.destroy()
    expect((await scrape()).get(gets)).toBeUndefined()
    const second = use(2)
    expect((await scrape()).get(gets)).toBe(9)
    second.destroy()
    use(10)
    expect((await scrape()).get(gets)).toBe(19)
  })

  it('adds up pools of one name, and shows the worst of their ratios', async () => {
    const [full, empty] = [1, 2].map(() => new BufferPool({ name: 'twin', bufferSize: 64, initialSize: 1, maxSize: 1, shrinkInterval: 0 }))
    registerPoolMetrics({ pools: [full as BufferPool, empty as BufferPool], registry })
    kept.push(full?.acquire())
    let samples = await scrape()
    expect(samples.get('buffer_pool_utilization_ratio{pool="twin"}')).toBe(1)
    expect(samples.get('buffer_pool_live_bytes{pool="twin"}')).toBe(128)
    kept.push(empty?.acquire())
    expect((await scrape()).get('buffer_pool_gets_total{pool="twin",size_class="64"}')).toBe(2)
    full?.destroy()
    samples = await scrape()
    expect(samples.get('buffer_pool_gets_total{pool="twin",size_class="64"}')).toBe(2)
    expect(samples.get('buffer_pool_live_bytes{pool="twin"}')).toBe(64)
  })

  it('skips and counts a source that throws, that has no name, or no numbers, and shows the others', async () => {
    const broken: StatsSource[] = [
      {
        name: 'throws',
        stats() {
          throw new Error('no')
        }
      },
      // @ts-expect-error A name that is none, as plain JavaScript may have it.
      sourceOf(undefined, {}),
      sourceOf('odd', { exhaustions: '3' as unknown as number })
    ]
    const fine = sourceOf('fine', {})
    registerPoolMetrics({ pools: [...broken, fine], registry })
    expect((await scrape()).get('buffer_pool_stats_errors_total')).toBe(3)
    const samples = await scrape()
    expect(samples.get('buffer_pool_stats_errors_total')).toBe(6)
    expect(samples.get('buffer_pool_waiting{pool="fine"}')).toBe(0)
    expect([...samples.keys()].filter((name) => /throws|odd|undefined/.test(name))).toEqual([])
  })

  it('shows what a directory gave before it threw', async () => {
    const fine = sourceOf('fine', {})
    const directory = {
      *sources() {
        yield fine
        throw new Error('no')
      }
    }
    registerPoolMetrics({ pools: directory, registry })
    const samples = await scrape()
    expect(samples.get('buffer_pool_stats_errors_total')).toBe(1)
    expect(samples.get('buffer_pool_waiting{pool="fine"}')).toBe(0)
  })

  it('reads each pool once a page, and never between pages', async () => {
    let reads = 0
    const source = sourceOf('read', {})
    const counted: StatsSource = { name: 'read', stats: () => ({ ...source.stats(), exhaustions: ++reads }) }
    registerPoolMetrics({ pools: [counted], registry })
    expect(reads).toBe(0)
    await scrape()
    expect(reads).toBe(1)
    await scrape()
    expect(reads).toBe(2)
  })

  it('gives two pages at a time the same, whole figures', async () => {
    for (let number = 0; number < 60; number++) manager.add(new SizeClassPool({ name: `pool-${number}`, shrinkInterval: 0 }))
    registerPoolMetrics({ pools: manager, registry })
    await scrape()
    const [first, second] = await Promise.all([scrape(), scrape()])
    const third = await scrape()
    expect(first).toEqual(second)
    expect(third).toEqual(first)
    expect(first.size).toBe(60 * (10 + 13 * 11 + 6) + 1)
  })

  it('has at most 20 series for a pool and 11 for each size class, whatever it went through', async () => {
    const pool = manager.add(new SizeClassPool({ name: 'busy', sizes: [256, 512, 2048], shrinkInterval: 0 }))
    const unpooled = manager.add(new UnpooledPool({ name: 'loose' }))
    registerPoolMetrics({ pools: [pool, unpooled, sourceOf('slab', { sizeClasses: [], fragmentationRatio: 0.5, hits: 3 })], registry })
    for (let bytes = 1; bytes < 5000; bytes += 7) {
      pool.release(pool.acquire(bytes))
      unpooled.release(unpooled.acquire(bytes))
    }
    const names = [...(await scrape()).keys()]
    const seriesOf = (name: string) => names.filter((one) => one.includes(`pool="${name}"`)).length
    expect(seriesOf('busy')).toBeLessThanOrEqual(20 + 10 * 3)
    expect(seriesOf('loose')).toBeLessThanOrEqual(20)
    expect(seriesOf('slab')).toBeLessThanOrEqual(20)
  })

  it('labels with pool, kind and size_class alone, and escapes what a name has in it', async () => {
    manager.getPool('a "b"\\c\nd')
    registerPoolMetrics({ pools: manager, registry })
    const page = await registry.metrics()
    expect(page).toContain('buffer_pool_waiting{pool="a \\"b\\"\\\\c\\nd",kind="buffer"} 0')
    expect(new Set([...page.matchAll(/[{,](\w+)="/g)].map(([, label]) => label))).toEqual(new Set(['pool', 'kind', 'size_class']))
  })

  it('tells pools of one name and different kinds apart', async () => {
    registerPoolMetrics({ pools: [sourceOf('both', { kind: 'buffer' }), sourceOf('both', { kind: 'secure', waiting: 2 })], registry })
    const page = await registry.metrics()
    expect(page).toContain('buffer_pool_waiting{pool="both",kind="buffer"} 0')
    expect(page).toContain('buffer_pool_waiting{pool="both",kind="secure"} 2')
  })

  it('has the row of what no class has from the start where a pool has several sizes, so that its counters begin at 0', async () => {
    const pool = manager.add(new SizeClassPool({ name: 'sizes', sizes: [256, 1024], shrinkInterval: 0 }))
    registerPoolMetrics({ pools: manager, registry })
    const gets = 'buffer_pool_gets_total{pool="sizes",size_class="other"}'
    expect((await scrape()).get(gets)).toBe(0)
    pool.release(pool.acquire(5000))
    expect((await scrape()).get(gets)).toBe(1)
  })

  it('begins the counters of a size class at 0, and shows with the next page what came before', async () => {
    const pool = manager.getPool('early', { bufferSize: 64 })
    pool.release(pool.acquire())
    registerPoolMetrics({ pools: manager, registry })
    const gets = 'buffer_pool_gets_total{pool="early",size_class="64"}'
    expect((await scrape()).get(gets)).toBe(0)
    pool.release(pool.acquire())
    expect((await scrape()).get(gets)).toBe(2)
    expect((await scrape()).get(gets)).toBe(2)
  })

  it('keeps the default labels of the registry', async () => {
    manager.getPool('labelled')
    registry.setDefaultLabels({ app: 'gateway' })
    registerPoolMetrics({ pools: manager, registry })
    expect((await scrape()).get('buffer_pool_waiting{app="gateway",pool="labelled"}')).toBe(0)
    const waiting = (await registry.getMetricsAsJSON()).find(({ name }) => name === 'buffer_pool_waiting')
    expect(waiting?.values).toEqual([{ labels: { app: 'gateway', pool: 'labelled', kind: 'buffer' }, value: 0 }])
  })

  it('writes OpenMetrics where the registry does', async () => {
    const open = new Registry<OpenMetricsContentType>()
    open.setContentType(openMetricsContentType)
    manager.getPool('open', { bufferSize: 64 }).acquire()
    registerPoolMetrics({ pools: manager, registry: open })
    for (const count of [0, 1, 1]) {
      const page = await open.metrics()
      const sample = `buffer_pool_gets_total{pool="open",kind="buffer",size_class="64"} ${count}`
      expect(page).toContain(`# TYPE buffer_pool_gets counter\n${sample}\n`)
      expect(page).toContain('# TYPE buffer_pool_buffers_in_use gauge')
    }
  })

  it('aggregates the workers of a cluster: counts add up, a ratio is that of the worst', async () => {
    const pools = [1, 2].map(() => new BufferPool({ name: 'worker', bufferSize: 64, initialSize: 1, maxSize: 1, shrinkInterval: 0 }))
    kept.push(pools[0]?.acquire())
    const workers = await Promise.all(
      pools.map(async (pool) => {
        const own = new Registry()
        registerPoolMetrics({ pools: [pool], registry: own })
        await own.getMetricsAsJSON()
        return own.getMetricsAsJSON()
      })
    )
    const { AggregatorRegistry } = await import('prom-client')
    // The primary receives them as JSON.
    const samples = samplesOf(await AggregatorRegistry.aggregate(JSON.parse(JSON.stringify(workers))).metrics())
    expect(samples.get('buffer_pool_live_bytes{pool="worker"}')).toBe(128)
    expect(samples.get('buffer_pool_gets_total{pool="worker",size_class="64"}')).toBe(1)
    expect(samples.get('buffer_pool_utilization_ratio{pool="worker"}')).toBe(1)
    expect(samples.get('buffer_pool_hit_ratio{pool="worker"}')).toBe(1)
  })

  it('registers in the global registry under its own prefix, and takes everything out again', async () => {
    const metrics = registerPoolMetrics({ pools: livePools, waitHistogram: true })
    const names = register.getMetricsAsArray().length
    expect(names).toBe(11 + 11 + 1 + 1)
    expect(register.getSingleMetric('buffer_pool_gets_total')).toBeInstanceOf(Counter)
    expect(register.getSingleMetric('buffer_pool_waiting')).toBeInstanceOf(Gauge)
    metrics.unregister()
    metrics.unregister()
    expect(register.getMetricsAsArray()).toEqual([])
  })

  it('leaves alone what somebody else registered under a name after it was given up', () => {
    const metrics = registerPoolMetrics({ pools: manager, registry })
    registry.removeSingleMetric('buffer_pool_waiting')
    const theirs = new Gauge({ name: 'buffer_pool_waiting', help: 'theirs', registers: [registry] })
    metrics.unregister()
    expect(registry.getMetricsAsArray()).toEqual([theirs])
  })

  it('refuses names that are taken with ERR_POOL_METRIC_TAKEN, and registers nothing then', () => {
    new Gauge({ name: 'x_leaks_total', help: 'theirs', registers: [registry] })
    const refused = caught(() => registerPoolMetrics({ pools: manager, registry, prefix: 'x_' }))
    expect(isPoolError(refused, 'ERR_POOL_METRIC_TAKEN')).toBe(true)
    expect(registry.getMetricsAsArray()).toHaveLength(1)
    registerPoolMetrics({ pools: manager, registry })
    expect(
      isPoolError(
        caught(() => registerPoolMetrics({ pools: manager, registry })),
        'ERR_POOL_METRIC_TAKEN'
      )
    ).toBe(true)
  })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
