import { fileURLToPath } from 'node:url'
import { BufferPool, SizeClassPool } from '@pool/core'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const turns = 1_000_000
const work = {
  'BufferPool, acquire + release': () => {
    const pool = new BufferPool({ clear: 'never' })
    return () => pool.release(pool.acquire())
  },
  'SizeClassPool, acquire + release': () => {
    const pool = new SizeClassPool({ clear: 'never' })
    return () => pool.release(pool.acquire(5000))
  },
  'SizeClassPool, lease + release': () => {
    const pool = new SizeClassPool({ clear: 'never' })
    return () => pool.lease(5000).release()
  }
}
const bars: Record<string, { most: number }> = {
  'BufferPool, acquire + release': { most: 0 },
  'SizeClassPool, acquire + release': { most: 0 }
}

/** Bytes of JavaScript heap that one operation allocates, over a million of them without a collection. */
export async function garbage(): Promise<string> {
  const rows: string[][] = []
  for (const name of Object.keys(work)) {
    progress(`garbage: ${name}`)
    const bytes = await inSubprocess<number>(self, [name])
    rows.push([name, figure(bytes), verdict(bytes, bars[name])])
  }
  progress('')
  return table(['heap bytes per operation', 'bytes', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const operation = work[parameters[0] as keyof typeof work]()
  const run = () => {
    for (let turn = 0; turn < turns; turn++) operation()
  }
  run()
  run()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  run()
  // What measuring itself allocates is some KiB at the most: under a hundredth of a byte per operation.
  const bytes = Math.max(0, process.memoryUsage().heapUsed - before) / turns
  console.log(JSON.stringify(Math.round(bytes * 100) / 100))
}
