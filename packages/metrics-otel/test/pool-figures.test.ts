import { SizeClassPool } from '@pool/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { figuresOf } from '../src/pool-figures.js'
import { ATTR_POOL_SIZE_CLASS, classInstruments, poolInstruments, SIZE_CLASS_OTHER } from '../src/semconv.js'

describe('figuresOf', () => {
  it('adds up to the figures of the whole pool over its size classes and what no class has, whatever was taken and released', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 6000 }), { maxLength: 80 }), (steps) => {
        const pool = new SizeClassPool({ name: 'any', sizes: [256, 1024, 4096], maxSize: 5, shrinkInterval: 0, leakDetection: 'off' })
        const held: Buffer[] = []
        for (const step of steps) {
          if (step < 1) {
            const [buffer] = held.splice(-step % Math.max(1, held.length), 1)
            if (buffer !== undefined) pool.release(buffer)
          } else if (pool.stats().inUse < 5) {
            held.push(pool.acquire(step))
          }
        }
        const stats = pool.stats()
        const [whole, ...parts] = figuresOf('any', stats)
        for (const instrument of classInstruments) {
          expect(parts.reduce((sum, { values }) => sum + (values.get(instrument) ?? 0), 0)).toBe(instrument.ofPool(stats))
        }
        expect(whole?.values.size).toBe(poolInstruments.length - 1)
        const other = parts.find(({ attributes }) => attributes[ATTR_POOL_SIZE_CLASS] === SIZE_CLASS_OTHER)
        expect([...(other?.values.values() ?? [])].some((value) => value > 0)).toBe(stats.oversize > 0)
        expect(other).toBeDefined()
        pool.destroy()
      })
    )
  })
})
