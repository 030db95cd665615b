import { BlockPool, ExtentPool } from '@pool/block-pool'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const blocks = 16_384
const bars: Readonly<Record<number, number>> = { 256: 3, 4096: 0.1 }

/** What the views of a pool take on the heap, measured: bytes each. */
function viewBytes(): number {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const pool = new BlockPool({ type: Float32Array, shape: 64, blocks })
  globalThis.gc?.()
  return (process.memoryUsage().heapUsed - before) / pool.blocks
}

/** Records by bytes of the slab. */
export async function overhead(): Promise<string> {
  const rows: string[][] = []
  const row = (name: string, bytes: number, each: number, bar: { most: number } | undefined) => {
    const share = (100 * each) / bytes
    rows.push([name, figure(bytes), figure(each), `${share.toFixed(3)} %`, verdict(share, bar)])
  }
  for (const [size, most] of Object.entries(bars)) {
    const bytes = Number(size)
    for (const strategy of ['address', 'lifo'] as const) {
      const pool = new BlockPool({ type: Uint8Array, shape: bytes, blocks, strategy, views: 'on-demand' })
      row(`BlockPool, ${strategy}`, bytes, pool.bookkeepingBytes / blocks, { most })
    }
    row('  and the view objects, if made', bytes, viewBytes(), undefined)
    const extents = new ExtentPool({ bytes: bytes * blocks })
    while (extents.allocate(bytes) !== undefined);
    row('ExtentPool', bytes, extents.bookkeepingBytes / blocks, undefined)
  }
  return table([`records of ${figure(blocks)} blocks`, 'block bytes', 'bytes each', 'share', 'bar'], rows)
}
