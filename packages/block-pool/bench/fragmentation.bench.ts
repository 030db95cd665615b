import { BlockPool, ExtentPool, SamplePool } from '@pool/block-pool'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { randomIntegers } from './random.js'

const MiB = 2 ** 20
const [smallest, largest, alignment] = [64, 4096, 16]

/** Random extents held at 85 % of the pool; how many were refused although as many bytes were free. */
function heldAtLoad(bytes: number, operations: number, compacts: boolean): { requests: number; refused: number } {
  const pool = new ExtentPool({ bytes, alignment })
  const sizes = randomIntegers(operations, smallest, largest, 17)
  const places = randomIntegers(operations, 0, 2 ** 31 - 3, 19)
  const held: number[] = []
  let [requests, refused] = [0, 0]
  for (let turn = 0; turn < operations; turn++) {
    if (pool.freeBytes < 0.15 * bytes) {
      const place = (places[turn] as number) % held.length
      pool.free(held[place] as number)
      const last = held.pop() as number
      if (place < held.length) held[place] = last
      continue
    }
    requests++
    let handle = pool.allocate(sizes[turn] as number)
    if (handle === undefined && compacts) {
      pool.compact()
      handle = pool.allocate(sizes[turn] as number)
    }
    if (handle !== undefined) held.push(handle)
    else if (pool.freeBytes >= Math.ceil((sizes[turn] as number) / alignment) * alignment) refused++
  }
  pool.verify()
  return { requests, refused }
}

/** How much of a slab is in use when the first random request is refused. */
function filled(bytes: number): number {
  const pool = new ExtentPool({ bytes, alignment })
  const sizes = randomIntegers(bytes / smallest, smallest, largest, 23)
  for (let at = 0; pool.allocate(sizes[at] as number) !== undefined; ) at++
  return 100 * (1 - pool.freeBytes / bytes)
}

/** A pool's own figure after random operations at 85 % load, and after coalescing. */
function ownFigure(
  operations: number,
  blocks: number,
  take: (size: number) => unknown,
  giveBack: (held: never) => void,
  fragmentation: () => number,
  coalesce: () => void
) {
  const places = randomIntegers(operations, 0, 2 ** 31 - 3, 29)
  const held: unknown[] = []
  let [worst, sum] = [0, 0]
  for (let turn = 0; turn < operations; turn++) {
    if (held.length < 0.85 * blocks) {
      const taken = take(places[turn] as number)
      if (taken !== undefined) held.push(taken)
    } else {
      // A third of them at once, in random order, so that the free list is more than the block just returned.
      for (let count = blocks >> 2; count > 0; count--) {
        const place = (places[(turn + count) % operations] as number) % held.length
        giveBack(held[place] as never)
        const last = held.pop()
        if (place < held.length) held[place] = last
      }
    }
    worst = Math.max(worst, fragmentation())
    sum += fragmentation()
  }
  const [last, mean] = [fragmentation(), sum / operations]
  coalesce()
  return { last, mean, worst, after: fragmentation() }
}

const percent = (value: number) => `${value === 0 ? 0 : value < 0.01 ? value.toFixed(4) : value.toFixed(2)} %`

/** What is refused, what is wasted, and what the records take. */
export async function fragmentation(short: boolean): Promise<string> {
  const operations = short ? 100_000 : 1_000_000
  const refusals = [MiB / 4, MiB / 2, MiB, 16 * MiB, 64 * MiB].flatMap((bytes) =>
    [false, true].map((compacts) => {
      const { requests, refused } = heldAtLoad(bytes, operations, compacts)
      const share = (100 * refused) / requests
      const bar = verdict(share, { most: compacts ? 0 : 0.1 })
      return [`${figure(bytes / 1024)} KiB${compacts ? ', with compact()' : ''}`, figure(requests), String(refused), percent(share), bar]
    })
  )
  const fills = [MiB / 4, MiB, 64 * MiB].map((bytes) => {
    const share = filled(bytes)
    return [`${figure(bytes / 1024)} KiB`, percent(share), verdict(share, { least: 95 })]
  })
  const figures = (['address', 'lifo'] as const).map((strategy) => {
    const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 1024, strategy })
    const own = ownFigure(
      operations,
      1024,
      () => pool.getBlock(),
      (block) => pool.returnBlock(block),
      () => pool.getFragmentation(),
      () => pool.coalesce()
    )
    return { name: `BlockPool, ${strategy}`, bar: strategy === 'address', ...own }
  })
  const samples = new SamplePool({ strategy: 'spill' })
  const ofSamples = ownFigure(
    operations / 10,
    128,
    (size) => samples.acquire((size % 4096) + 1),
    (view) => samples.release(view),
    () => samples.getFragmentation(),
    () => samples.coalesce()
  )
  const own = [...figures, { name: 'SamplePool', bar: true, ...ofSamples }].map(({ name, bar, last, mean, worst, after }) => {
    const kept = verdict(worst, bar ? { most: 5 } : undefined)
    return [name, percent(last), percent(mean), percent(worst), kept, percent(after), verdict(after, { most: 0 })]
  })
  return [
    table(['refused at 85 % load', 'requests', 'refused', 'share', 'bar'], refusals),
    table(['filled until the first refusal', 'in use', 'bar'], fills),
    table(['own fragmentation', 'at the end', 'mean', 'worst', 'bar', 'after coalesce()', 'bar'], own)
  ].join('\n\n')
}
