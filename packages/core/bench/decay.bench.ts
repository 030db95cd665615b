import { setTimeout as sleep } from 'node:timers/promises'
import { BufferPool } from '@pool/core'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const intervalMs = 100
const options = { bufferSize: 4096, initialSize: 50, maxSize: 2000, shrinkInterval: intervalMs }

/** How soon a pool is back at its reserve after a burst of ten times that, and how much a sawtooth load allocates. */
export async function decay(short: boolean): Promise<string> {
  progress('decay: burst')
  const burst = new BufferPool(options)
  for (const buffer of Array.from({ length: 500 }, () => burst.acquire())) burst.release(buffer)
  const began = performance.now()
  while (burst.stats().total > options.initialSize && performance.now() - began < 20 * intervalMs) await sleep(1)
  const intervals = (performance.now() - began) / intervalMs
  burst.destroy()

  const sawtooth = new BufferPool(options)
  const ends = performance.now() + (short ? 15 : 30) * intervalMs
  for (let tooth = 0; performance.now() < ends; tooth++) {
    progress(`decay: sawtooth, tooth ${tooth}`)
    await climb(sawtooth, 500, 2.5 * intervalMs)
  }
  progress('')
  const { misses, acquisitions } = sawtooth.stats()
  const share = (100 * misses) / acquisitions
  sawtooth.destroy()
  return table(
    ['giving back', 'figure', 'bar'],
    [
      ['intervals until back at the reserve, after 10 × the reserve', figure(intervals), verdict(intervals, { most: 2 })],
      ['% of acquires that allocate, sawtooth 0 → 500 in 2.5 intervals', figure(share), verdict(share, { most: 1 })]
    ]
  )
}

/** Ever more buffers in use, each level worked with for a while, then none. */
async function climb(pool: BufferPool, top: number, ms: number): Promise<void> {
  const held: Buffer[] = []
  const steps = 25
  for (let step = 1; step <= steps; step++) {
    while (held.length < (top * step) / steps) held.push(pool.acquire())
    for (let turn = 0; turn < 1000; turn++) {
      pool.release(held.pop() as Buffer)
      held.push(pool.acquire())
    }
    await sleep(ms / steps)
  }
  for (const buffer of held) pool.release(buffer)
}
