import { fileURLToPath } from 'node:url'
import { BufferPool, SizeClassPool, UnpooledPool } from '@pool/core'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { BareArray, FallbackArray } from './bare-array.js'

const KiB = 1024
const options = { clear: 'never', leakDetection: 'count' } as const
const self = fileURLToPath(import.meta.url)
/** Its cost differs five times from one process to the next, by what memory malloc happens to hold. */
const moody = 'no pool: Buffer.allocUnsafe'

interface Source {
  acquire(bytes: number): Buffer
  release(buffer: Buffer): void
}

const subjects: Record<string, (bytes: number) => Source> = {
  'no pool: Buffer.alloc': (bytes) => ({ acquire: () => Buffer.alloc(bytes), release: () => {} }),
  [moody]: (bytes) => ({ acquire: () => Buffer.allocUnsafe(bytes), release: () => {} }),
  UnpooledPool: () => new UnpooledPool({ clear: 'never' }),
  BufferPool: (bytes) => new BufferPool({ bufferSize: bytes, initialSize: 128, ...options }),
  'BufferPool, sampling leaks': (bytes) => new BufferPool({ bufferSize: bytes, initialSize: 128, ...options, leakDetection: 'sample' }),
  'BufferPool, clearing': (bytes) => new BufferPool({ bufferSize: bytes, initialSize: 128, ...options, clear: 'release' }),
  'bare array that allocates when empty': (bytes) => new FallbackArray(bytes, 128),
  SizeClassPool: (bytes) => {
    const pool = new SizeClassPool(options)
    pool.warm(128, bytes)
    return pool
  }
}

const shortSubjects = [moody, 'bare array that allocates when empty', 'BufferPool', 'BufferPool, clearing', 'SizeClassPool']

// Text, so that each floor and subject gets a function of its own and neither finds the other's feedback; V8 gives equal texts one function.
const shapes = {
  single: (acquire: string, name: string) => `
    // ${name}
    return () => {
      for (let index = 0; index < 64; index++) {
        const buffer = source.${acquire}
        buffer[0] = 1
        source.release(buffer)
      }
    }`,
  batch: (acquire: string, name: string) => `
    // ${name}
    const held = new Array(64).fill(undefined)
    return () => {
      for (let index = 0; index < 64; index++) {
        const buffer = source.${acquire}
        buffer[0] = 1
        held[index] = buffer
      }
      for (let index = 0; index < 64; index++) source.release(held[index])
    }`
}

const bars: Record<string, { most: number }> = {
  'BufferPool/single/65536': { most: 1.5 },
  'BufferPool/batch/65536': { most: 1.8 },
  'SizeClassPool/single/65536': { most: 2 },
  'SizeClassPool/batch/65536': { most: 2 }
}

/** How many times as fast as {@link moody} a BufferPool should be, by bytes. */
const timesFaster: Record<number, number> = { [64 * KiB]: 60, [1024 * KiB]: 150 }

/** Acquire, touch one byte, release: each kind beside a bare array's pop and push, the floor of any free list. */
export async function acquireRelease(short: boolean): Promise<string> {
  const sizes = short ? [64 * KiB] : [KiB, 8 * KiB, 64 * KiB, 1024 * KiB]
  const rows: string[][] = []
  const costs = new Map<string, number>()
  for (const bytes of sizes) {
    for (const mode of ['single', 'batch']) {
      for (const subject of short ? shortSubjects : Object.keys(subjects)) {
        progress(`acquire and release: ${subject}, ${mode}, ${bytes / KiB} KiB`)
        const { floorNs, subjectNs, ratio } = await measured(subject, mode, bytes, short)
        costs.set(`${subject}/${mode}/${bytes}`, subjectNs)
        const bar = bars[`${subject}/${mode}/${bytes}`]
        rows.push([subject, mode, `${bytes / KiB}`, figure(subjectNs), figure(floorNs), figure(ratio), verdict(ratio, bar)])
      }
    }
  }
  progress('')
  const speedUps = sizes.flatMap((bytes) => {
    const least = timesFaster[bytes]
    return ['single', 'batch'].map((mode) => {
      const cost = (subject: string) => costs.get(`${subject}/${mode}/${bytes}`) as number
      const faster = cost(moody) / cost('BufferPool')
      return ['BufferPool against allocUnsafe', mode, `${bytes / KiB}`, figure(faster), verdict(faster, least ? { least } : undefined)]
    })
  })
  return [
    table(['acquire + touch + release', 'mode', 'KiB', 'ns', 'bare ns', '× bare', 'bar'], rows),
    table(['times faster', 'mode', 'KiB', '×', 'bar'], speedUps)
  ].join('\n\n')
}

/** In one process, or, of what has a bar to keep, medians over several. */
async function measured(subject: string, mode: string, bytes: number, short: boolean): Promise<Comparison> {
  const isMoody = subject === moody && timesFaster[bytes] !== undefined
  const hasBar = bars[`${subject}/${mode}/${bytes}`] !== undefined
  const processes = isMoody ? (short ? 1 : 5) : hasBar && !short ? 3 : 1
  const runs: Comparison[] = []
  while (runs.length < processes) runs.push(await inSubprocess<Comparison>(self, [subject, mode, String(bytes), short ? '2' : '5']))
  const middle = (figure: keyof Comparison) => median(runs.map((run) => run[figure]))
  return { floorNs: middle('floorNs'), subjectNs: middle('subjectNs'), ratio: middle('ratio') }
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [subject = '', mode, size, rounds] = parameters
  const bytes = Number(size)
  const source = subjects[subject]?.(bytes) as Source
  const shape = shapes[mode as keyof typeof shapes]
  const acquire = source instanceof SizeClassPool || source instanceof UnpooledPool ? `acquire(${bytes})` : 'acquire()'
  const floor = new Function('source', shape('acquire()', 'floor'))(new BareArray(bytes, 128))
  const work = new Function('source', shape(acquire, 'subject'))(source)
  console.log(JSON.stringify(await interleave(floor, work, 64, Number(rounds))))
}
