import { SizeClassPool } from '@pool/core'
import { onTestFinished } from 'vitest'

/** A pool that the test at hand owns. */
export function testPool(maxLiveBytes = 256 * 1024 * 1024): SizeClassPool {
  const maxClassBytes = Math.min(maxLiveBytes, 16 * 1024 * 1024)
  const pool = new SizeClassPool({ maxClassBytes, maxSize: 1_000_000, maxLiveBytes, clear: 'never', shrinkInterval: 0 })
  onTestFinished(() => pool.destroy())
  return pool
}
