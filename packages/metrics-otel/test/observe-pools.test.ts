import { metrics } from '@opentelemetry/api'
import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import { BufferPool, PoolManager, SizeClassPool, UnpooledPool } from '@pool/core'
import type { StatsSource } from '@pool/core/interfaces'
import { observePools } from '@pool/metrics-otel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector, sourceOf } from './collector.js'

/** Buffers that stay out: one that is collected is its pool's no more. */
const kept: unknown[] = []

let manager: PoolManager
let collector: Collector
let meterProvider: Collector['provider']

beforeEach(() => {
  manager = new PoolManager()
  collector = new Collector()
  meterProvider = collector.provider
})
afterEach(async () => {
  manager.destroyAll()
  metrics.disable()
  await meterProvider.shutdown()
})

describe('observePools', () => {
  it('observes every figure of a pool as stats() has it, by pool and by size class', async () => {
    const pool = manager.add(new SizeClassPool({ name: 'bodies', sizes: [1024, 4096], maxSize: 2, shrinkInterval: 0 }))
    observePools({ pools: manager, meterProvider })
    const out = [pool.acquire(100), pool.acquire(4000), pool.acquire(4000), pool.acquire(9999)]
    expect(() => pool.acquire(4000)).toThrow()
    for (const buffer of out.slice(1)) pool.release(buffer)
    kept.push(out, pool.acquire(4000))

    const samples = await collector.samples()
    const stats = pool.stats()
    const ofPool = (name: string) => samples.get(`pool.buffer.${name}{pool.name=bodies}`)
    expect(ofPool('utilization')).toBe(stats.utilization)
    expect(ofPool('hit_ratio')).toBe(stats.hitRatio)
    expect(ofPool('reuse_ratio')).toBe(stats.reuseRatio)
    expect(ofPool('fragmentation')).toBeUndefined()
    expect(ofPool('memory.pressure')).toBe(0)
    expect(ofPool('memory.used')).toBe(stats.inUseBytes)
    expect(ofPool('memory.idle')).toBe(stats.idleBytes)
    expect(ofPool('memory.limit')).toBe(stats.maxLiveBytes)
    expect(ofPool('pending_requests')).toBe(0)
    expect(ofPool('exhaustions')).toBe(1)
    expect(ofPool('timeouts')).toBe(0)
    expect(ofPool('leaks')).toBe(0)
    for (const one of stats.sizeClasses) {
      const ofClass = (name: string) => samples.get(`pool.buffer.${name}{pool.name=bodies,pool.size_class=${one.bufferSize}}`)
      expect(ofClass('hits')).toBe(one.hits)
      expect(ofClass('misses')).toBe(one.misses)
      expect(ofClass('releases')).toBe(one.releases)
      expect(ofClass('discards')).toBe(one.discards)
      expect(ofClass('memory.allocated')).toBe(one.bytesAllocated)
      expect(ofClass('memory.reused')).toBe(one.bytesReused)
      expect(ofClass('used')).toBe(one.inUse)
      expect(ofClass('idle')).toBe(one.available)
    }
    expect(samples.get('pool.buffer.misses{pool.name=bodies,pool.size_class=_OTHER}')).toBe(1)
    expect(samples.get('pool.buffer.memory.allocated{pool.name=bodies,pool.size_class=_OTHER}')).toBe(9999)
    expect(samples.get('pool.buffer.idle{pool.name=bodies,pool.size_class=_OTHER}')).toBeUndefined()
    expect(samples.get('pool.observation.failures{}')).toBe(0)
  })

  it('observes a pool without size classes, a slab, and bounds that are not set', async () => {
    const pool = manager.add(new UnpooledPool({ name: 'plain' }))
    kept.push(pool.acquire(7000))
    const slab = sourceOf('slab', { fragmentationRatio: 0.25, maxLiveBytes: Number.POSITIVE_INFINITY, memoryPressure: 'elevated' })
    observePools({ pools: [pool, slab], meterProvider })
    const samples = await collector.samples()
    expect(samples.get('pool.buffer.hits{pool.name=plain,pool.size_class=_OTHER}')).toBe(0)
    expect(samples.get('pool.buffer.used{pool.name=plain,pool.size_class=_OTHER}')).toBe(1)
    expect(samples.get('pool.buffer.fragmentation{pool.name=slab}')).toBe(0.25)
    expect(samples.get('pool.buffer.memory.pressure{pool.name=slab}')).toBe(1)
    expect(samples.has('pool.buffer.memory.limit{pool.name=slab}')).toBe(false)
  })

  it('observes pools that are made later, and figures of the moment of a destroyed one as 0 once and then no more', async () => {
    const delta = new Collector(AggregationTemporality.DELTA)
    observePools({ pools: manager, meterProvider: delta.provider })
    await delta.samples()
    const pool = manager.getPool('late', { bufferSize: 64, initialSize: 3 })
    kept.push(pool.acquire())
    const idle = 'pool.buffer.idle{pool.name=late,pool.size_class=64}'
    const hits = 'pool.buffer.hits{pool.name=late,pool.size_class=64}'
    // What came since the last collection.
    let samples = await delta.samples()
    expect([samples.get(idle), samples.get(hits), samples.get('pool.buffer.hit_ratio{pool.name=late}')]).toEqual([2, 1, 1])
    pool.destroy()
    samples = await delta.samples()
    expect([samples.get(idle), samples.get(hits), samples.get('pool.buffer.hit_ratio{pool.name=late}')]).toEqual([-2, undefined, 0])
    samples = await delta.samples()
    expect([...samples.keys()]).toEqual(['pool.observation.failures{}'])
    await delta.provider.shutdown()
  })

  it('lets no count fall, when a pool is destroyed nor when one is made again under its name, where values are cumulative', async () => {
    observePools({ pools: manager, meterProvider })
    const use = (times: number) => {
      const pool = manager.getPool('again', { bufferSize: 64, initialSize: 1 })
      for (let time = 0; time < times; time++) pool.release(pool.acquire())
      return pool
    }
    const hits = 'pool.buffer.hits{pool.name=again,pool.size_class=64}'
    const first = use(7)
    expect((await collector.samples()).get(hits)).toBe(7)
    first.destroy()
    const gone = await collector.samples()
    expect(gone.get(hits)).toBe(7)
    expect(gone.get('pool.buffer.idle{pool.name=again,pool.size_class=64}')).toBe(0)
    use(1)
    expect((await collector.samples()).get(hits)).toBe(8)
  })

  it('adds up pools of one name, and observes the worst of their ratios', async () => {
    const [full, empty] = [1, 2].map(() => new BufferPool({ name: 'twin', bufferSize: 64, initialSize: 1, maxSize: 1, shrinkInterval: 0 }))
    kept.push(full?.acquire())
    observePools({ pools: [full as BufferPool, empty as BufferPool], meterProvider })
    const samples = await collector.samples()
    expect(samples.get('pool.buffer.utilization{pool.name=twin}')).toBe(1)
    expect(samples.get('pool.buffer.idle{pool.name=twin,pool.size_class=64}')).toBe(1)
    expect(samples.get('pool.buffer.used{pool.name=twin,pool.size_class=64}')).toBe(1)
    full?.destroy()
    empty?.destroy()
  })

  it('has the kind of a pool as an attribute of every point, and tells pools of one name and different kinds apart', async () => {
    const pools = [sourceOf('both', { kind: 'buffer' }), sourceOf('both', { kind: 'secure', waiting: 2 })]
    observePools({ pools, meterProvider })
    const { resourceMetrics } = await collector.collect()
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
    const ofPools = all
      .filter(({ descriptor }) => descriptor.name.startsWith('pool.buffer.'))
      .flatMap(({ dataPoints }) => [...dataPoints].map(({ attributes }) => attributes['pool.kind']))
    expect(new Set(ofPools)).toEqual(new Set(['buffer', 'secure']))
    const waiting = all.find(({ descriptor }) => descriptor.name === 'pool.buffer.pending_requests')?.dataPoints
    expect(waiting?.map(({ attributes, value }) => [attributes['pool.kind'], value])).toEqual([
      ['buffer', 0],
      ['secure', 2]
    ])
  })

  it('leaves a source that throws out and counts it, keeps what was observed of it, and observes the others', async () => {
    let isBroken = false
    const whole = sourceOf('flaky', { waiting: 4 })
    const flaky: StatsSource = {
      name: 'flaky',
      stats() {
        if (isBroken) throw new Error('no')
        return whole.stats()
      }
    }
    observePools({ pools: [flaky, sourceOf('fine', { waiting: 2 })], meterProvider })
    await collector.samples()
    isBroken = true
    const samples = await collector.samples()
    expect(samples.get('pool.observation.failures{}')).toBe(1)
    expect(samples.get('pool.buffer.pending_requests{pool.name=flaky}')).toBe(4)
    expect(samples.get('pool.buffer.pending_requests{pool.name=fine}')).toBe(2)
  })

  it('keeps what was observed when the directory throws', async () => {
    let isBroken = false
    const directory = {
      sources() {
        if (isBroken) throw new Error('no')
        return [sourceOf('fine', { waiting: 2 })]
      }
    }
    observePools({ pools: directory, meterProvider })
    await collector.samples()
    isBroken = true
    const samples = await collector.samples()
    expect(samples.get('pool.observation.failures{}')).toBe(1)
    expect(samples.get('pool.buffer.pending_requests{pool.name=fine}')).toBe(2)
  })

  it('has at most 20 series for a pool and 10 for each size class, whatever it went through', async () => {
    const pool = manager.add(new SizeClassPool({ name: 'busy', sizes: [256, 512, 2048], shrinkInterval: 0 }))
    const slab = sourceOf('slab', { sizeClasses: [], fragmentationRatio: 0.5, hits: 3 })
    observePools({ pools: [pool, slab], meterProvider })
    for (let bytes = 1; bytes < 5000; bytes += 7) pool.release(pool.acquire(bytes))
    const names = [...(await collector.samples()).keys()]
    const seriesOf = (name: string) => names.filter((one) => one.includes(`pool.name=${name}`)).length
    expect(seriesOf('busy')).toBeLessThanOrEqual(20 + 10 * 3)
    expect(seriesOf('slab')).toBeLessThanOrEqual(20)
  })

  it('loses no series of 100 pools of 12 size classes to the limit of the SDK', async () => {
    for (let number = 0; number < 100; number++) {
      manager.add(new SizeClassPool({ name: `pool-${number}`, minClassBytes: 256, maxClassBytes: 256 * 2 ** 11, shrinkInterval: 0 }))
    }
    observePools({ pools: manager, meterProvider })
    const names = [...(await collector.samples()).keys()]
    expect(names.filter((name) => name.includes('overflow'))).toEqual([])
    expect(names.filter((name) => name.startsWith('pool.buffer.hits{'))).toHaveLength(1200)
  })

  it('adds attributes of its own to each observation, but never instead of the pool or the size class', async () => {
    manager.getPool('mine', { bufferSize: 64 })
    observePools({ pools: manager, meterProvider, attributes: { region: 'north', 'pool.name': 'forged' } })
    const samples = await collector.samples()
    expect(samples.has('pool.buffer.hits{pool.name=mine,pool.size_class=64,region=north}')).toBe(true)
  })

  it('reads each pool once a collection, and never between', async () => {
    let reads = 0
    const whole = sourceOf('read', {})
    observePools({ pools: [{ name: 'read', stats: () => ({ ...whole.stats(), exhaustions: ++reads }) }], meterProvider })
    expect(reads).toBe(0)
    await collector.samples()
    expect(reads).toBe(1)
  })

  it('observes figures of the moment as 0 once after stop(), leaves counters where they were, and reads pools no more', async () => {
    let reads = 0
    const whole = sourceOf('stopped', { waiting: 3, timeouts: 5 })
    const pools = [{ name: 'stopped', stats: () => ({ ...whole.stats(), exhaustions: ++reads }) }]
    const observation = observePools({ pools, meterProvider })
    await collector.samples()
    observation.stop()
    observation.stop()
    for (let time = 0; time < 2; time++) {
      const samples = await collector.samples()
      expect(samples.get('pool.buffer.pending_requests{pool.name=stopped}')).toBe(0)
      expect(samples.get('pool.buffer.timeouts{pool.name=stopped}')).toBe(5)
    }
    expect(reads).toBe(1)
  })

  it('counts right when pools are observed anew before the next collection', async () => {
    const pools = [sourceOf('anew', { timeouts: 5, waiting: 2 })]
    const observation = observePools({ pools, meterProvider })
    await collector.samples()
    observation.stop()
    observePools({ pools, meterProvider })
    const samples = await collector.samples()
    expect(samples.get('pool.buffer.timeouts{pool.name=anew}')).toBe(5)
    expect(samples.get('pool.buffer.pending_requests{pool.name=anew}')).toBe(2)
  })

  it('takes the global meter provider, or a meter, where it is given no provider', async () => {
    const pools = [sourceOf('global', { waiting: 1 })]
    metrics.setGlobalMeterProvider(meterProvider)
    observePools({ pools })
    expect((await collector.samples()).get('pool.buffer.pending_requests{pool.name=global}')).toBe(1)
    const other = new Collector()
    observePools({ pools, meter: other.provider.getMeter('mine') })
    expect((await other.samples()).get('pool.buffer.pending_requests{pool.name=global}')).toBe(1)
    await other.provider.shutdown()
  })
})
