import { BufferPool } from '@pool/core'
import type { Figure, FigureFamily, FiguresSource } from '@pool/core/interfaces'
import { announceFigures, retireFigures } from '@pool/core/kit'
import { observePools, type PoolObservation } from '@pool/metrics-otel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.js'

const families: readonly FigureFamily[] = [
  { name: 'jobs_done', help: 'Jobs done.', type: 'counter', unit: 'job' },
  { name: 'oldest_age', help: 'Age of the oldest job.', type: 'gauge', unit: 'seconds', combine: 'max' },
  { name: 'waiting', help: 'Jobs that wait.', type: 'gauge', unit: 'job' }
]

let collector: Collector
let observation: PoolObservation | undefined
const sources: FiguresSource[] = []
beforeEach(() => {
  collector = new Collector()
})
afterEach(async () => {
  observation?.stop()
  for (const source of sources.splice(0)) retireFigures(source)
  await collector.provider.shutdown()
})

function announce(name: string, figures: Figure[], other: Partial<FiguresSource> = {}): FiguresSource {
  const source = { name, kind: 'queue', families, figures: () => figures, ...other }
  announceFigures(source)
  sources.push(source)
  return source
}

describe('figures of announced sources', () => {
  it('are observed with their unit and labels, of sources announced before and after', async () => {
    announce('early', [{ family: 'oldest_age', value: 1.5 }])
    observation = observePools({ meterProvider: collector.provider })
    await collector.samples()
    announce('late', [{ family: 'spare', value: 4, labels: { state: 'ready' } }], {
      families: [{ name: 'spare', help: 'Spare bytes.', type: 'gauge', unit: 'bytes' }]
    })
    const samples = await collector.samples()
    expect(samples.get('pool.queue.oldest_age{pool.queue.name=early}')).toBe(1.5)
    expect(samples.get('pool.queue.spare{pool.queue.name=late,pool.queue.state=ready}')).toBe(4)
    const { resourceMetrics } = await collector.collect()
    const descriptors = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor))
    expect(descriptors.find(({ name }) => name === 'pool.queue.spare')).toMatchObject({ unit: 'By', description: 'Spare bytes.' })
    expect(descriptors.find(({ name }) => name === 'pool.queue.oldest_age')).toMatchObject({ unit: 's' })
  })

  it('never fall where they are counters, and are observed as 0 once where a gauge’s source has gone', async () => {
    observation = observePools({ meterProvider: collector.provider })
    const figures = (done: number) => [
      { family: 'jobs_done', value: done },
      { family: 'waiting', value: 2 }
    ]
    const first = announce('mail', figures(10))
    const shown = async () => {
      const samples = await collector.samples()
      return ['jobs_done', 'waiting'].map((name) => samples.get(`pool.queue.${name}{pool.queue.name=mail}`))
    }
    expect(await shown()).toEqual([10, 2])
    retireFigures(first)
    expect(await shown()).toEqual([10, 0])
    announce('mail', figures(3))
    expect(await shown()).toEqual([13, 2])
  })

  it('of two sources of one name become one: counts add up, gauges as their family says', async () => {
    observation = observePools({ meterProvider: collector.provider })
    for (const value of [2, 3]) {
      announce(
        'twin',
        ['jobs_done', 'waiting', 'oldest_age'].map((family) => ({ family, value }))
      )
    }
    const samples = await collector.samples()
    const of = (name: string) => samples.get(`pool.queue.${name}{pool.queue.name=twin}`)
    expect([of('jobs_done'), of('waiting'), of('oldest_age')]).toEqual([5, 5, 3])
  })

  it('are left out where pools were chosen, unless they are asked for', async () => {
    announce('any', [{ family: 'waiting', value: 1 }])
    using pool = new BufferPool({ name: 'only', shrinkInterval: 0 })
    const { stop } = observePools({ pools: pool, meterProvider: collector.provider })
    expect([...(await collector.samples()).keys()].some((key) => key.startsWith('pool.queue'))).toBe(false)
    stop()
    observation = observePools({ pools: pool, figures: true, meterProvider: collector.provider })
    expect((await collector.samples()).get('pool.queue.waiting{pool.queue.name=any}')).toBe(1)
    expect(() => observePools({ figures: 'yes' as never })).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })

  it('keep what was observed last while a source throws, which is counted', async () => {
    observation = observePools({ meterProvider: collector.provider })
    let isBroken = false
    announce('frail', [], {
      figures: () => {
        if (isBroken) throw new Error('no')
        return [{ family: 'waiting', value: 6 }]
      }
    })
    await collector.samples()
    isBroken = true
    const samples = await collector.samples()
    expect(samples.get('pool.queue.waiting{pool.queue.name=frail}')).toBe(6)
    expect(samples.get('pool.observation.failures{}')).toBe(1)
  })
})
