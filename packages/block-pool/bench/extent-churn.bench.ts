import { fileURLToPath } from 'node:url'
import { ExtentPool } from '@pool/block-pool'
import { MemPool } from '@thi.ng/malloc'
import Allocator from 'malloc'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { type Cost, inTurns, type Work } from './cpu-turns.js'
import { randomIntegers } from './random.js'

const self = fileURLToPath(import.meta.url)
const turns = 65_536
const sizes = randomIntegers(turns, 64, 4096, 11)
/** Mean size and a quarter of room beyond it. */
const slabBytes = (live: number) => Math.ceil(live * 2080 * 1.25)

/** Memory, and how to call it; in text, so that each subject has code of its own, and none finds another one's feedback. */
interface Subject {
  readonly pool: unknown
  readonly allocate: string
  readonly free: string
  /** Writes the first byte of what was allocated, since nobody allocates memory to leave it alone. */
  readonly touch: string
  /** Operations of one turn: the slow ones would else take minutes. */
  readonly operations: number
}

const subjects: Record<string, (live: number) => Subject> = {
  ExtentPool: (live) => ({
    pool: new ExtentPool({ bytes: slabBytes(live) }),
    allocate: 'pool.allocate(size)',
    free: 'pool.free(extent)',
    touch: 'if (fresh !== undefined) memory[pool.offsetOf(fresh)] = turn',
    operations: 200_000
  }),
  'no pool: Buffer.allocUnsafe': () => ({
    pool: Buffer,
    allocate: 'pool.allocUnsafe(size)',
    free: '',
    touch: 'fresh[0] = turn',
    operations: 200_000
  }),
  'malloc 1.1': (live) => ({
    pool: new Allocator(new ArrayBuffer(slabBytes(live) * 2)),
    allocate: 'pool.alloc(size)',
    free: 'pool.free(extent)',
    touch: 'memory[fresh] = turn',
    operations: 50_000
  }),
  '@thi.ng/malloc 6.1': (live) => ({
    pool: new MemPool({ size: slabBytes(live) * 2 }),
    allocate: 'pool.malloc(size)',
    free: 'pool.free(extent)',
    touch: 'memory[fresh] = turn',
    operations: { 64: 50_000, 1024: 4000, 8192: 200 }[live] ?? 50
  })
}

/** A random extent is freed, and one of another random size allocated in its place. */
function work(name: string, live: number, touches: boolean): Work {
  const { pool, allocate, free, touch, operations } = (subjects[name] as (live: number) => Subject)(live)
  const places = randomIntegers(turns, 0, live - 1, 13)
  const code = `
    const held = new Array(${live}).fill(undefined)
    for (let at = 0; at < ${live}; at++) { const size = sizes[at]; held[at] = ${allocate} }
    let turn = 0
    const once = (operations, from) => {
      for (let turn = from; turn < from + operations; turn++) {
        const place = places[turn & ${turns - 1}]
        const extent = held[place]
        if (extent) { ${free} }
        const size = sizes[turn & ${turns - 1}]
        const fresh = ${allocate}
        ${touches ? touch : ''}
        held[place] = fresh
      }
    }
    return (operations) => { once(operations, turn); turn += operations }`
  const memory = new Uint8Array(slabBytes(live) * 2)
  const run = new Function('pool', 'sizes', 'places', 'memory', code)(pool, sizes, places, memory) as Work['run']
  return { run, operations }
}

const bars: Readonly<Record<number, number>> = { 64: 100, 1024: 100, 8192: 150, 32768: 200 }

/**
 * Extents of random sizes, held at so many, beside what else there is. Each peer shares a process with the pool, and takes turns with it;
 * several processes, since what the system's allocator costs differs from one to the next.
 */
export async function extentChurn(short: boolean): Promise<string> {
  const [processes, rounds] = short ? [1, 5] : [5, 9]
  const rows: string[][] = []
  for (const touches of [false, true]) {
    for (const live of touches ? [1024, 32_768] : [64, 1024, 8192, 32_768]) {
      const own: number[] = []
      const others: string[][] = []
      for (const peer of Object.keys(subjects).filter((name) => name !== 'ExtentPool')) {
        progress(`extents: ${live} live, ${peer}`)
        const costs: Cost[] = []
        for (let process = 0; process < processes; process++) {
          const parameters = [String(live), String(rounds), String(touches), peer]
          const cost = await inSubprocess<Record<string, Cost>>(self, parameters)
          own.push((cost.ExtentPool as Cost).ns)
          costs.push(cost[peer] as Cost)
        }
        const times = median(costs.map(({ timesFirst }) => timesFirst))
        const bar = live >= 1024 && !touches ? { least: 5 } : undefined
        const name = touches ? `${peer}, first byte written` : peer
        others.push([name, figure(live), figure(median(costs.map(({ ns }) => ns))), figure(times), verdict(times, bar)])
      }
      const name = touches ? 'ExtentPool, first byte written' : 'ExtentPool'
      const bar = touches ? undefined : { most: bars[live] as number }
      rows.push([name, figure(live), figure(median(own)), '', verdict(median(own), bar)], ...others)
    }
  }
  progress('')
  return table(['free + allocate, 64–4096 B', 'live', 'CPU ns', '× ExtentPool', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [live, rounds, touch, peer] = parameters
  const works = Object.fromEntries(['ExtentPool', peer as string].map((name) => [name, work(name, Number(live), touch === 'true')]))
  console.log(JSON.stringify(inTurns(works, Number(rounds))))
}
