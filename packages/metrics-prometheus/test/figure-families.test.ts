import { BufferPool } from '@pool/core'
import type { Figure, FigureFamily, FiguresSource } from '@pool/core/interfaces'
import { announceFigures, retireFigures } from '@pool/core/kit'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { AggregatorRegistry, Gauge, type OpenMetricsContentType, openMetricsContentType, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { samplesOf } from './page-of.js'

expectWarnings('POOL_METRIC_TAKEN', 'POOL_UNREADABLE')

const families: readonly FigureFamily[] = [
  { name: 'jobs_done', help: 'Jobs done.', type: 'counter', unit: 'job' },
  { name: 'read', help: 'Bytes read.', type: 'counter', unit: 'bytes' },
  { name: 'oldest_age', help: 'Age of the oldest job.', type: 'gauge', unit: 'seconds', combine: 'max' },
  { name: 'waiting', help: 'Jobs that wait.', type: 'gauge', unit: 'job' }
]

let registry: Registry
const sources: FiguresSource[] = []
beforeEach(() => {
  registry = new Registry()
})
afterEach(() => {
  for (const source of sources.splice(0)) retireFigures(source)
})

function announce(name: string, figures: Figure[], other: Partial<FiguresSource> = {}): FiguresSource {
  const source = { name, kind: 'queue', families, figures: () => figures, ...other }
  announceFigures(source)
  sources.push(source)
  return source
}

const scrape = async () => samplesOf(await registry.metrics())

describe('figures of announced sources', () => {
  it('are on the page with their unit and labels, of sources announced before and after the registration', async () => {
    announce('early', [{ family: 'oldest_age', value: 1.5 }])
    registerPoolMetrics({ registry })
    announce('late', [{ family: 'waiting', value: 4, labels: { state: 'ready' } }])
    const samples = await scrape()
    expect(samples.get('buffer_pool_queue_oldest_age_seconds{name="early"}')).toBe(1.5)
    expect(samples.get('buffer_pool_queue_waiting{name="late",state="ready"}')).toBe(4)
    expect(await registry.metrics()).toContain('# HELP buffer_pool_queue_oldest_age_seconds Age of the oldest job.\n# TYPE')
  })

  it('begin at 0 where they are counters, and never fall when a source is made anew or begins anew', async () => {
    registerPoolMetrics({ registry })
    const figures = [{ family: 'read', value: 10 }]
    const first = announce('bytes', figures)
    const read = async () => (await scrape()).get('buffer_pool_queue_read_bytes_total{name="bytes"}')
    expect(await read()).toBe(0)
    figures[0] = { family: 'read', value: 12 }
    expect(await read()).toBe(12)
    figures[0] = { family: 'read', value: 3 }
    expect(await read()).toBe(15)
    retireFigures(first)
    expect(await read()).toBeUndefined()
    announce('bytes', [{ family: 'read', value: 5 }])
    expect(await read()).toBe(20)
  })

  it('of two sources of one name become one: counts add up, gauges as their family says', async () => {
    registerPoolMetrics({ registry })
    for (const value of [2, 3]) {
      announce(
        'twin',
        ['jobs_done', 'waiting', 'oldest_age'].map((family) => ({ family, value }))
      )
    }
    await scrape()
    const samples = await scrape()
    const of = (name: string) => samples.get(`buffer_pool_queue_${name}{name="twin"}`)
    expect([of('jobs_done_total'), of('waiting'), of('oldest_age_seconds')]).toEqual([5, 5, 3])
  })

  it('are combined by a cluster’s primary as within a process', async () => {
    registerPoolMetrics({ registry })
    announce('worker', [{ family: 'oldest_age', value: 7 }])
    const part = await registry.getMetricsAsJSON()
    const page = await AggregatorRegistry.aggregate([part, structuredClone(part)]).metrics()
    expect(samplesOf(page).get('buffer_pool_queue_oldest_age_seconds{name="worker"}')).toBe(7)
  })

  it('have no doubled ending in OpenMetrics', async () => {
    const open = new Registry<OpenMetricsContentType>()
    open.setContentType(openMetricsContentType)
    registerPoolMetrics({ registry: open })
    announce('open', [{ family: 'jobs_done', value: 1 }])
    expect(await open.metrics()).toContain('buffer_pool_queue_jobs_done_total{name="open"} 0')
  })

  it('are left out where pools were chosen, unless they are asked for', async () => {
    announce('any', [{ family: 'waiting', value: 1 }])
    using pool = new BufferPool({ name: 'only', shrinkInterval: 0 })
    const { unregister } = registerPoolMetrics({ pools: pool, registry })
    expect(await registry.metrics()).not.toContain('queue_waiting')
    unregister()
    registerPoolMetrics({ pools: pool, figures: true, registry })
    expect((await scrape()).get('buffer_pool_queue_waiting{name="any"}')).toBe(1)
    expect(() => registerPoolMetrics({ figures: 1 as never, registry })).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' })
    )
  })

  it('are counted as errors where a source throws, and those of others stay', async () => {
    registerPoolMetrics({ registry })
    announce('broken', [], {
      figures() {
        throw new Error('no')
      }
    })
    announce('whole', [{ family: 'waiting', value: 1 }])
    const samples = await scrape()
    expect(samples.get('buffer_pool_queue_waiting{name="whole"}')).toBe(1)
    expect(samples.get('buffer_pool_stats_errors_total')).toBe(1)
  })

  it('leave a metric alone that the registry has under the name, and warn', async () => {
    const theirs = new Gauge({ name: 'buffer_pool_queue_waiting', help: 'theirs', registers: [registry] })
    // That of an earlier test may still be on its way.
    const warned = new Promise<void>((resolve) => {
      process.on('warning', function listener(warning: NodeJS.ErrnoException) {
        if (warning.code !== 'POOL_METRIC_TAKEN') return
        process.off('warning', listener)
        resolve()
      })
    })
    const { unregister } = registerPoolMetrics({ registry })
    announce('late', [
      { family: 'waiting', value: 1 },
      { family: 'oldest_age', value: 2 }
    ])
    await warned
    expect((await scrape()).get('buffer_pool_queue_oldest_age_seconds{name="late"}')).toBe(2)
    unregister()
    expect(registry.getSingleMetric('buffer_pool_queue_waiting')).toBe(theirs)
  })

  it('leave the registry with unregister(), and those of later sources stay out', async () => {
    const { unregister } = registerPoolMetrics({ registry })
    announce('first', [{ family: 'waiting', value: 1 }])
    unregister()
    announce('second', [{ family: 'spare', value: 1 }], { families: [{ name: 'spare', help: 'Spare.', type: 'gauge', unit: 'job' }] })
    expect(registry.getMetricsAsArray()).toEqual([])
  })
})
