import { getHeapStatistics } from 'node:v8'
import { BlockPool, ExtentPool, SamplePool } from '../../src/index.js'

/** Runs as many operations on a pool as the second argument says, after ten million to warm up, and prints by how much the heap grew meanwhile. */

const warmUp = 10_000_000
const operations = Number(process.argv[3])
const live = 1000
// Looked up, since arithmetic beyond 31 bits would itself make numbers on the heap.
const places = Int32Array.from({ length: 65_536 }, (_, at) => (at * 7919) % live)
const sizes = Int32Array.from({ length: 65_536 }, (_, at) => 64 + ((at * 31) % 4033))

const blocks = (strategy: 'address' | 'lifo') => {
  const pool = new BlockPool({ type: Float32Array, shape: 64, blocks: 2 * live, strategy })
  const held = Array.from({ length: live }, () => pool.getBlock() as Float32Array)
  return (turn: number) => {
    const at = places[turn & 65_535] as number
    pool.returnBlock(held[at] as Float32Array)
    held[at] = pool.getBlock() as Float32Array
  }
}

const extents = () => {
  const pool = new ExtentPool({ bytes: live * 2600 })
  const held = new Int32Array(live)
  return (turn: number) => {
    const at = places[turn & 65_535] as number
    const before = held[at] as number
    if (before !== 0) pool.free(before)
    held[at] = pool.allocate(sizes[turn & 65_535] as number) ?? 0
  }
}

const samples = () => {
  const pool = new SamplePool({ buckets: [256, 512], blocks: live })
  const held = Array.from({ length: live }, () => pool.acquire(256) as Float32Array)
  return (turn: number) => {
    const at = places[turn & 65_535] as number
    pool.release(held[at] as Float32Array)
    held[at] = pool.acquire(200) as Float32Array
  }
}

const cases: Record<string, () => (turn: number) => void> = {
  address: () => blocks('address'),
  lifo: () => blocks('lifo'),
  extents,
  samples
}

const operate = cases[process.argv[2] ?? '']?.()
if (operate === undefined) throw new Error(`one of ${Object.keys(cases).join(', ')} has to be named`)

/** In many calls, since a loop that is entered once is optimised while it runs, and that takes memory. */
const chunk = () => {
  for (let turn = 0; turn < 10_000; turn++) operate(turn)
}
const run = (chunks: number) => {
  for (let done = 0; done < chunks; done++) chunk()
}

// So that the engine has optimised all that it will.
run(warmUp / 10_000)
const measured = (chunks: number) => {
  const before = getHeapStatistics().used_heap_size
  run(chunks)
  return getHeapStatistics().used_heap_size - before
}
/** The heap is counted in the buffers that the engine cuts it into, and whatever else runs may take a new one: the least of several looks counts. */
const least = (chunks: number) => Math.min(measured(chunks), measured(chunks), measured(chunks), measured(chunks))

globalThis.gc?.()
// What looking itself takes. That changes while the engine gets to know it, and then stays.
for (let look = 0; look < 10; look++) least(1)
const asking = least(0)
console.log('begin')
const grown = least(operations / 10_000) - asking
console.log(`end, grown by ${grown}`)
