import { PoolManager, SizeClassPool } from '@pool/core'
import type { SizeClassStats } from '@pool/core/interfaces'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { readPool } from '../src/reading.js'
import { SeriesLedger } from '../src/series-ledger.js'
import { samplesOf, sourceOf } from './page-of.js'

const step = fc.oneof(
  fc.record({ kind: fc.constant('use' as const), name: fc.constantFrom('a', 'b', 'c'), times: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('hold' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('destroy' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('scrape' as const) })
)

describe('SeriesLedger', () => {
  it('never lets a counter fall, counts all that was counted by a scrape, and shows the live pools, whatever happens to them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const manager = new PoolManager()
        const registry = new Registry()
        registerPoolMetrics({ pools: manager, registry })
        const highest = new Map<string, number>()
        const shownBefore = new Set<string>()
        for (const one of steps) {
          if (one.kind === 'scrape') {
            const samples = samplesOf(await registry.metrics())
            for (const [series, value] of samples) {
              if (!series.includes('_total{')) continue
              expect(value, series).toBeGreaterThanOrEqual(highest.get(series) ?? 0)
              highest.set(series, value)
            }
            for (const pool of manager.sources()) {
              const { inUse, liveBytes, acquisitions } = pool.stats()
              expect(samples.get(`buffer_pool_live_bytes{pool="${pool.name}"}`)).toBe(liveBytes)
              expect(samples.get(`buffer_pool_buffers_in_use{pool="${pool.name}",size_class="128"}`)).toBe(inUse)
              const gets = samples.get(`buffer_pool_gets_total{pool="${pool.name}",size_class="128"}`)
              if (shownBefore.has(pool.name)) expect(gets).toBeGreaterThanOrEqual(acquisitions)
              else expect(gets).toBe(0)
              shownBefore.add(pool.name)
            }
            const shown = [...samples.keys()].filter((series) => series.startsWith('buffer_pool_waiting{'))
            expect(shown).toHaveLength([...manager.sources()].length)
            continue
          }
          const pool = manager.getPool(one.name, { bufferSize: 128, shrinkInterval: 0, leakDetection: 'off' })
          if (one.kind === 'destroy') pool.destroy()
          else if (one.kind === 'hold') pool.acquire()
          else for (let time = 0; time < one.times; time++) pool.release(pool.acquire())
        }
        manager.destroyAll()
      }),
      { numRuns: 100 }
    )
  })

  it('remembers a limited number of series that have gone, and forgets the oldest', () => {
    const ledger = new SeriesLedger()
    const show = (name: string) => {
      const source = sourceOf(name, { exhaustions: 5 })
      ledger.begin()
      ledger.add(source, readPool(source)!)
      return ledger.end().pools[0]?.figures.includes(10)
    }
    for (let number = 0; number < 5000; number++) show(`pool-${number}`)
    // Each pool has two series: so those of the last two thousand or so are known.
    expect(show('pool-4000')).toBe(true)
    expect(show('pool-1')).toBe(false)
  })

  it('does not change a snapshot in a later round', () => {
    const ledger = new SeriesLedger()
    const figures = { exhaustions: 5 }
    const source = sourceOf('kept', {})
    const changing = { name: 'kept', stats: () => ({ ...source.stats(), ...figures }) }
    const round = () => {
      ledger.begin()
      ledger.add(changing, readPool(changing)!)
      return ledger.end()
    }
    const first = round()
    const copy = structuredClone(first)
    figures.exhaustions = 9
    expect(round()).not.toEqual(copy)
    expect(first).toEqual(copy)
  })

  it('takes a count that fell for one that began anew', () => {
    const ledger = new SeriesLedger()
    const figures = { exhaustions: 5 }
    const source = sourceOf('reset', {})
    const changing = { name: 'reset', stats: () => ({ ...source.stats(), ...figures }) }
    const seen = [5, 2, 3].map((exhaustions) => {
      figures.exhaustions = exhaustions
      ledger.begin()
      ledger.add(changing, readPool(changing)!)
      return ledger.end().pools[0]?.figures.at(-3)
    })
    expect(seen).toEqual([0, 7, 8])
  })

  it('counts a size class once when another is added before it', () => {
    const ledger = new SeriesLedger()
    const [template] = new SizeClassPool({ name: 'any', sizes: [64], shrinkInterval: 0 }).stats().sizeClasses
    const classes = [{ ...(template as SizeClassStats), bufferSize: 64, acquisitions: 5 }]
    const source = sourceOf('growing', { bufferSize: 64, acquisitions: 5 })
    const growing = { name: 'growing', stats: () => ({ ...source.stats(), sizeClasses: classes }) }
    const gets = () => {
      ledger.begin()
      ledger.add(growing, readPool(growing)!)
      return ledger.end().classes.find(({ labels }) => labels.size_class === '64')?.figures[0]
    }
    expect([gets(), gets()]).toEqual([0, 5])
    classes.unshift({ ...(template as SizeClassStats), bufferSize: 32, acquisitions: 0 })
    expect(gets()).toBe(5)
  })

  it('shows the counts of a new pool as 0 at first, and with the next page all that came, of two pools of one name as well', () => {
    const ledger = new SeriesLedger()
    const pools = [sourceOf('twin', { leaked: 2 }), sourceOf('twin', { leaked: 3 })]
    const page = () => {
      ledger.begin()
      for (const pool of pools) ledger.add(pool, readPool(pool)!)
      return ledger.end().pools[0]?.figures.at(-1)
    }
    expect([page(), page(), page()]).toEqual([0, 5, 5])
  })
})
