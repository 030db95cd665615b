import { describe, expect, it } from 'vitest'
import { BufferPool, presets } from '../src/index.js'
import { bufferPoolSettings } from '../src/pools/buffer-pool.js'

describe('presets', () => {
  it.each([
    [
      'highThroughput',
      { bufferSize: 8192, available: 500, capacity: 5000 },
      { shrinkInterval: 300_000, shrinkThreshold: 0.5, autoScale: true }
    ],
    [
      'memoryConstrained',
      { bufferSize: 1024, available: 10, capacity: 50 },
      { shrinkInterval: 10_000, shrinkThreshold: 0.3, autoScale: true }
    ],
    [
      'messageBridge',
      { bufferSize: 32_768, available: 20, capacity: 200 },
      { shrinkInterval: 30_000, pressure: expect.objectContaining({ elevatedBytes: 150 * 2 ** 20, intervalMs: 30_000 }) }
    ],
    ['realTime', { bufferSize: 4096, available: 200, capacity: 200 }, { shrinkInterval: 0, autoScale: false }]
  ] as const)('%s makes the pool that it describes', (name, figures, settings) => {
    const pool = new BufferPool(presets[name])
    expect(pool.stats()).toMatchObject(figures)
    expect(bufferPoolSettings(presets[name])).toMatchObject(settings)
    pool.destroy()
  })

  it('can be changed by spreading only', () => {
    expect(Object.isFrozen(presets)).toBe(true)
    expect(Object.values(presets).every(Object.isFrozen)).toBe(true)
    const pool = new BufferPool({ ...presets.realTime, maxSize: 5, initialSize: 5 })
    expect(pool.stats()).toMatchObject({ bufferSize: 4096, capacity: 5 })
    pool.destroy()
  })
})
