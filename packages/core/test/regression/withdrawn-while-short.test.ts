import { afterEach, expect, it, vi } from 'vitest'
import { BufferPool } from '../../src/index.js'
import { checkFigures } from '../../src/testing.js'

afterEach(() => vi.useRealTimers())

// It was refused, and told to wait with acquireAsync().
it('an acquire that may wait does so when debug mode withdraws the last buffer and memory is critically short', async () => {
  vi.useFakeTimers()
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const used = vi.fn(() => 0)
  const memoryPressure = { elevated: 1000, critical: 2000, usedBytes: used, intervalMs: 1000, growth: 'refuse' } as const
  const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 2, debug: 'poison', memoryPressure })
  const stale = pool.acquire()
  pool.release(stale)
  stale[5] = 1
  used.mockReturnValue(2500)
  vi.advanceTimersByTime(1000)
  const waiting = pool.acquireAsync()
  expect(warned).toHaveBeenCalledTimes(1)
  expect(pool.stats()).toMatchObject({ waiting: 1, inUse: 0, quarantined: 1 })
  used.mockReturnValue(0)
  vi.advanceTimersByTime(1000)
  const served = await waiting
  expect(served).not.toBe(stale)
  pool.release(served)
  expect(pool.stats()).toMatchObject({ waiting: 0, inUse: 0, timeouts: 0 })
  checkFigures(pool.stats())
  warned.mockRestore()
  pool.destroy()
})
