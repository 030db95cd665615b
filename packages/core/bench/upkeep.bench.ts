import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BufferPool, SizeClassPool, UnpooledPool } from '@pool/core'
import { interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { BareArray } from './bare-array.js'

const self = fileURLToPath(import.meta.url)
const roomy = { bufferSize: 64, initialSize: 0, maxSize: 1e6, maxIdleBytes: 1e12, maxLiveBytes: 1e12 }

type Figures = Record<string, number>

const bars: Record<string, { most: number }> = {
  'hand-over, 10 waiting, µs': { most: 1 },
  'hand-over, 1 000 waiting, µs': { most: 1 },
  'hand-over, 10 000 waiting, µs': { most: 1 },
  'making a pool, the 100th to the 600th, µs': { most: 50 },
  'making a pool, the 3 500th to the 4 000th, µs': { most: 50 },
  'making a buffer, µs': { most: 1.2 },
  'heap of an idle buffer, bytes': { most: 350 },
  'trim() of 100 000 buffers, longest stretch, ms': { most: 5 },
  'a call site that saw 8 kinds of pool, × a bare array there': { most: 1.3 },
  'a wait of 20 000 on one signal, × one of 1 000': { most: 1.2 },
  'acquire + release with 128 own classes, × with one': { most: 1.5 }
}

const measurements: Record<string, () => Promise<Figures> | Figures> = {
  waits: async () => {
    const figures: Figures = {}
    for (const waiting of [10, 1000, 10_000]) {
      figures[`hand-over, ${waiting < 1000 ? waiting : `${waiting / 1000} 000`} waiting, µs`] = await handOver(waiting)
    }
    return figures
  },
  pools: () => {
    const pools: BufferPool[] = []
    const make = (count: number) => {
      for (let made = 0; made < count; made++) pools.push(new BufferPool({ initialSize: 0 }))
    }
    make(100)
    const early = timed(500, () => make(500))
    make(2900)
    const late = timed(500, () => make(500))
    const destroying = timed(pools.length, () => {
      for (const pool of pools) pool.destroy()
    })
    return {
      'making a pool, the 100th to the 600th, µs': early,
      'making a pool, the 3 500th to the 4 000th, µs': late,
      'destroying a pool, µs': destroying
    }
  },
  buffers: () => {
    const rounds: number[] = []
    for (let round = 0; round < 7; round++) {
      globalThis.gc?.()
      const pool = new BufferPool({ ...roomy, clear: 'never' })
      const held: Buffer[] = []
      rounds.push(
        timed(20_000, () => {
          for (let index = 0; index < 20_000; index++) held.push(pool.acquire())
        })
      )
      for (const buffer of held) pool.release(buffer)
      pool.destroy()
    }
    return { 'making a buffer, µs': median(rounds) }
  },
  idle: async () => {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const pool = new BufferPool(roomy)
    pool.warm(100_000)
    globalThis.gc?.()
    const bytes = (process.memoryUsage().heapUsed - before) / 100_000
    await setImmediate()
    let longest = await stretch(() => void pool.trim())
    // What is wiped later is wiped between two turns of the event loop.
    for (let turn = 0; turn < 50; turn++) longest = Math.max(longest, await stretch(setImmediate))
    return { 'heap of an idle buffer, bytes': bytes, 'trim() of 100 000 buffers, longest stretch, ms': longest }
  },
  signals: () => {
    const rounds: number[] = []
    for (let round = 0; round < 5; round++) rounds.push(abortedWaits(20_000) / abortedWaits(1000))
    return { 'a wait of 20 000 on one signal, × one of 1 000': median(rounds) }
  },
  classes: async () => {
    const [few, many] = [turnsOver(1), turnsOver(128)]
    return { 'acquire + release with 128 own classes, × with one': (await interleave(few, many, 1024, 5)).ratio }
  },
  kinds: async () => {
    const kinds = [...Array(4)].map((_, kind) => new (class extends BareArray {})(64 + kind, 8))
    const ours = new BufferPool({ bufferSize: 64, initialSize: 128, clear: 'never' })
    const bare = new BareArray(64, 128)
    const sized = new SizeClassPool({ initialSize: 8, clear: 'never' })
    const pools: Source[] = [...kinds, sized, new UnpooledPool({ clear: 'never' }), ours, bare]
    // Out of the list, since V8 would look through a constant.
    for (let turn = 0; turn < 200; turn++) for (const pool of pools) use(pool)
    const { ratio } = await interleave(
      () => use(pools[7] as Source),
      () => use(pools[6] as Source),
      64,
      5
    )
    return { 'a call site that saw 8 kinds of pool, × a bare array there': ratio }
  }
}

/** What is off the hot path: waiting, making and destroying, idle memory, and call sites that serve many kinds of pool. */
export async function upkeep(short: boolean): Promise<string> {
  const runs: Figures[] = []
  for (const name of Object.keys(measurements)) {
    for (let round = 0; round < (short ? 1 : 3); round++) {
      progress(`upkeep: ${name}`)
      runs.push(await inSubprocess<Figures>(self, [name]))
    }
  }
  progress('')
  const names = new Set(runs.flatMap((run) => Object.keys(run)))
  const rows = [...names].map((name) => {
    const value = median(runs.flatMap((run) => run[name] ?? []))
    return [name, figure(value), verdict(value, bars[name])]
  })
  return table(['off the hot path (processor time)', 'figure', 'bar'], rows)
}

interface Source {
  acquire(bytes: number): Buffer
  release(buffer: Buffer): void
}

function use(source: Source): void {
  for (let index = 0; index < 64; index++) {
    const buffer = source.acquire(64)
    buffer[0] = 1
    source.release(buffer)
  }
}

/** Microseconds of processor time for each of `count` waits that one signal ends, over 20 000 waits. */
function abortedWaits(count: number): number {
  return timed(20_000, () => {
    for (let done = 0; done < 20_000; done += count) {
      const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, maxWaiting: 1e6 })
      const only = pool.acquire()
      const controller = new AbortController()
      for (let index = 0; index < count; index++) pool.acquireAsync({ signal: controller.signal }).catch(() => {})
      controller.abort()
      pool.release(only)
      pool.destroy()
    }
  })
}

/** 1 024 turns, over the sizes of as many classes of one's own. */
function turnsOver(count: number): () => void {
  const sizes = Array.from({ length: count }, (_, index) => 100 * (index + 1))
  const pool = new SizeClassPool({ sizes, clear: 'never' })
  return () => {
    for (let turn = 0; turn < 1024; turn++) pool.release(pool.acquire(sizes[turn % count] as number))
  }
}

/** Microseconds of processor time that each of `operations` took: a busy machine changes it less than the time on the clock. */
function timed(operations: number, work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / operations
}

/** Milliseconds of processor time of this thread, as far as this Node tells it: the least of the process's time and of the time on the clock. */
async function stretch(work: () => Promise<void> | void): Promise<number> {
  // Absent before Node 23.9.
  const { threadCpuUsage = process.cpuUsage } = process as { threadCpuUsage?: typeof process.cpuUsage }
  const [began, before] = [performance.now(), threadCpuUsage()]
  await work()
  const { user, system } = threadCpuUsage(before)
  return Math.min(performance.now() - began, (user + system) / 1000)
}

/** One buffer, handed from waiter to waiter; each that was served waits again. */
async function handOver(waiting: number): Promise<number> {
  const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, clear: 'never', maxWaiting: 1e6 })
  const only = pool.acquire()
  const waits = Array.from({ length: waiting }, () => pool.acquireAsync())
  pool.release(only)
  const turn = async () => {
    for (let served = 0; served < 30_000; served++) {
      const index = served % waiting
      const buffer = await (waits[index] as Promise<Buffer>)
      waits[index] = pool.acquireAsync()
      pool.release(buffer)
    }
  }
  await turn()
  const rounds: number[] = []
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage()
    await turn()
    const { user, system } = process.cpuUsage(before)
    rounds.push((user + system) / 30_000)
  }
  return median(rounds)
}

const parameters = ownParameters(self)
if (parameters !== undefined) console.log(JSON.stringify(await measurements[parameters[0] ?? '']?.()))
