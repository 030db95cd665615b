import { fileURLToPath } from 'node:url'
import { ExtentPool } from '@pool/block-pool'
import { MemPool } from '@thi.ng/malloc'
import Allocator from 'malloc'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { type Cost, inTurns, type Work } from './cpu-turns.js'
import { randomIntegers } from './random.js'

const self = fileURLToPath(import.meta.url)
const turns = 65_536
const sizes = randomIntegers(turns, 64, 4096, 11)
/** Mean size and a quarter of room beyond it. */
const slabBytes = (live: number) => Math.ceil(live * 2080 * 1.25)

interface Subject {
  readonly allocate: (bytes: number) => unknown
  readonly free: (held: never) => unknown
  /** Operations of one turn, by live extents: the slow ones would else take minutes. */
  readonly operations: (live: number) => number
}

const subjects: Record<string, (live: number) => Subject> = {
  ExtentPool: (live) => {
    const pool = new ExtentPool({ bytes: slabBytes(live) })
    return { allocate: (bytes) => pool.allocate(bytes), free: (handle) => pool.free(handle), operations: () => 200_000 }
  },
  'no pool: Buffer.allocUnsafe': () => ({
    allocate: (bytes) => Buffer.allocUnsafe(bytes),
    free: () => undefined,
    operations: () => 100_000
  }),
  'malloc 1.1': (live) => {
    const pool = new Allocator(new ArrayBuffer(slabBytes(live) * 2))
    return { allocate: (bytes) => pool.alloc(bytes), free: (offset) => pool.free(offset), operations: () => 50_000 }
  },
  '@thi.ng/malloc 6.1': (live) => {
    const pool = new MemPool({ size: slabBytes(live) * 2 })
    return {
      allocate: (bytes) => pool.malloc(bytes),
      free: (address) => pool.free(address),
      operations: (count) => ({ 64: 50_000, 1024: 4000, 8192: 200 })[count] ?? 50
    }
  }
}

/** A random extent is freed, and one of another random size allocated in its place. */
function work(name: string, live: number): Work {
  const { allocate, free, operations } = (subjects[name] as (live: number) => Subject)(live)
  const places = randomIntegers(turns, 0, live - 1, 13)
  const code = `
    const held = new Array(${live}).fill(undefined)
    for (let at = 0; at < ${live}; at++) held[at] = allocate(sizes[at])
    let turn = 0
    return (operations) => {
      for (let done = 0; done < operations; done++) {
        turn = (turn + 1) & ${turns - 1}
        const place = places[turn]
        if (held[place]) free(held[place])
        held[place] = allocate(sizes[turn])
      }
    }`
  const run = new Function('allocate', 'free', 'sizes', 'places', code)(allocate, free, sizes, places) as Work['run']
  return { run, operations: operations(live) }
}

const bars: Readonly<Record<number, number>> = { 64: 100, 1024: 100, 8192: 150, 32768: 200 }

/** Extents of random sizes, held at so many, beside what else there is. */
export async function extentChurn(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const [live, most] of Object.entries(bars)) {
    progress(`extents: ${live} live`)
    const costs = await inSubprocess<Record<string, Cost>>(self, [live, short ? '5' : '15'])
    for (const [name, { ns, timesFirst }] of Object.entries(costs)) {
      const own = name === 'ExtentPool'
      const bar = own ? verdict(ns, { most }) : verdict(timesFirst, Number(live) >= 1024 ? { least: 5 } : undefined)
      rows.push([name, figure(Number(live)), figure(ns), own ? '' : figure(timesFirst), bar])
    }
  }
  progress('')
  return table(['free + allocate, 64–4096 B', 'live', 'CPU ns', '× ExtentPool', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [live, rounds] = parameters.map(Number)
  const works = Object.fromEntries(Object.keys(subjects).map((name) => [name, work(name, live as number)]))
  console.log(JSON.stringify(inTurns(works, rounds as number)))
}
