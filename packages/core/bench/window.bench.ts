import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BufferPool } from '@pool/core'
import { peakResidentBytes } from '@pool/core/kit'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const bytes = 65_536
const live = 256
const sources = ['Buffer.alloc', 'Buffer.allocUnsafe', 'BufferPool, clearing', 'BufferPool'] as const

interface Run {
  readonly ms: number
  readonly gcMs: number
  readonly collections: number
  readonly peakRssMiB: number
}

/** A window of 256 live buffers of 64 KiB that moves 200 000 turns: each turn releases the oldest, takes a new one and fills it. */
export async function movingWindow(short: boolean): Promise<string> {
  const turns = short ? 20_000 : 200_000
  const runs = Object.fromEntries(sources.map((source): [string, Run[]] => [source, []]))
  for (let round = 0; round < (short ? 1 : 5); round++) {
    for (const source of sources) {
      progress(`window: ${source}, round ${round + 1}`)
      runs[source]?.push(await inSubprocess<Run>(self, [source, String(turns)]))
    }
  }
  progress('')
  const figures = (source: string, key: keyof Run) => (runs[source] ?? []).map((run) => run[key])
  const rows = sources.map((source) => {
    const faster = median(figures('Buffer.allocUnsafe', 'ms').map((ms, round) => ms / (figures(source, 'ms')[round] as number)))
    const gcMs = median(figures(source, 'gcMs'))
    const barred = source === 'BufferPool'
    return [
      source,
      figure(median(figures(source, 'ms'))),
      figure(faster),
      barred ? verdict(faster, { least: 2.2 }) : '',
      figure(gcMs),
      barred ? verdict(gcMs, { most: 2 }) : '',
      figure(median(figures(source, 'collections'))),
      figure(median(figures(source, 'peakRssMiB')))
    ]
  })
  const head = ['× allocUnsafe', 'bar', 'GC ms', 'bar', 'collections', 'peak RSS MiB']
  return table([`256 live × 64 KiB, ${turns} turns, filled`, 'ms', ...head], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [source, turns] = parameters
  const pool = new BufferPool({
    bufferSize: bytes,
    initialSize: live,
    maxSize: live + 1,
    clear: source === 'BufferPool' ? 'never' : 'release'
  })
  const acquire = { 'Buffer.alloc': () => Buffer.alloc(bytes), 'Buffer.allocUnsafe': () => Buffer.allocUnsafe(bytes) }[source ?? '']
  console.log(
    JSON.stringify(
      await measureWindow(acquire ?? (() => pool.acquire()), acquire ? () => {} : (buffer) => pool.release(buffer), Number(turns))
    )
  )
}

async function measureWindow(acquire: () => Buffer, release: (buffer: Buffer) => void, turns: number): Promise<Run> {
  const entries: { readonly startTime: number; readonly duration: number }[] = []
  new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ entryTypes: ['gc'] })
  const held = Array.from({ length: live }, acquire)
  globalThis.gc?.()
  const began = performance.now()
  for (let turn = 0; turn < turns; turn++) {
    const index = turn % live
    release(held[index] as Buffer)
    const buffer = acquire()
    buffer.fill(turn)
    held[index] = buffer
  }
  const ms = performance.now() - began
  await setTimeout(10)
  const meanwhile = entries.filter(({ startTime }) => startTime >= began)
  const gcMs = meanwhile.reduce((sum, { duration }) => sum + duration, 0)
  return { ms, gcMs, collections: meanwhile.length, peakRssMiB: peakResidentBytes() / 2 ** 20 }
}
