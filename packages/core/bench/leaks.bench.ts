import { setImmediate } from 'node:timers/promises'
import { BufferPool } from '@pool/core'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

/** Loses buffers on purpose, forces collections, and counts what the pool found. */
export async function leaks(): Promise<string> {
  progress('leaks')
  const pool = new BufferPool({ bufferSize: 65_536, initialSize: 0, maxSize: 500, leakDetection: 'count' })
  process.removeAllListeners('warning').on('warning', () => {})
  const parts = keepParts(pool, 20)
  lose(pool, 480)
  await collect()
  const { leaked, liveBytes, inUse } = pool.stats()
  const rows = [
    ['lost buffers counted, of 480', figure(leaked), verdict(leaked, { least: 480 })],
    ['false reports, 20 subarrays alive', figure(Math.max(0, leaked - 480)), verdict(leaked - 480, { most: 0 })],
    ['buffers still on the budget, of the 20 alive', figure(inUse), verdict(inUse, { most: 20, least: 20 })],
    ['MiB on the budget', figure(liveBytes / 2 ** 20), verdict(liveBytes / 2 ** 20, { most: 1.25 })]
  ]
  progress('')
  if (parts.length !== 20) throw new Error('the parts must outlive the collection')
  return table(['leaks', 'figure', 'bar'], rows)
}

function lose(pool: BufferPool, count: number): void {
  for (let index = 0; index < count; index++) pool.acquire()
}

function keepParts(pool: BufferPool, count: number): Buffer[] {
  return Array.from({ length: count }, () => pool.acquire().subarray(0, 10))
}

async function collect(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await setImmediate()
  }
}
