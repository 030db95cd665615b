import { median } from '../../bench-kit/src/median.js'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'
import { type Program, programs } from './programs.js'
import { RunningProgram, runProgram, type Stretch } from './run-program.js'

const observedPrograms = ['express-raw', 'ws-echo', 'own-frames']
/** Stretches of the load that a program is observed, and as many that it is not, in turn. */
const stretches = 20
/** The part of the load that is one stretch. */
const stretchRatio = 0.2
/** Of a stretch, before it. */
const settlingRatio = 0.5

/**
 * Fixes the thresholds of glibc's allocator, which otherwise move with the sizes that a program frees: whether the allocator gives memory back to the system then depends on the place of the last free buffer.
 * That luck makes a larger difference than the measured one, and a smaller one with fixed thresholds.
 */
const environment = { MALLOC_TRIM_THRESHOLD_: String(2 ** 30), MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TOP_PAD_: String(2 ** 26) }

/**
 * The cost of being observed. CPU time and throughput are those of one process, which is observed and left alone in turn: two processes differ by more
 * than the observation costs. The memory is that of processes of their own.
 */
export async function overhead(rounds: number, share: number): Promise<string> {
  const rows: string[][] = []
  for (const program of programs) {
    if (!observedPrograms.includes(program.name)) continue
    const pairs = await inTurn(program, share)
    const of = (ratio: (pair: { readonly alone: Stretch; readonly observed: Stretch }) => number) => pairs.map(ratio)
    const more = of(({ alone, observed }) => 100 * (observed.cpuUs / alone.cpuUs - 1))
    const slower = of(({ alone, observed }) => 100 * (1 - observed.perSecond / alone.perSecond))
    const memory = await memoryOf(program, rounds, share)
    rows.push([
      program.name,
      figure(median(of(({ alone }) => alone.cpuUs))),
      `${figure(median(more))} %${middleHalf(more)}, ${verdict(median(more), { most: 3 })}`,
      `${figure(median(slower))} %${middleHalf(slower)}, ${verdict(median(slower), { most: 3 })}`,
      `${figure(median(memory))} MiB${middleHalf(memory)}, ${verdict(median(memory), { most: 10 })}`
    ])
  }
  progress('')
  const head = ['being observed', 'CPU alone, µs an operation', 'more CPU', 'less throughput', 'more memory at its peak']
  return `medians, and the middle half of the pairs\n${table(head, rows)}`
}

async function inTurn({ name, load, operations }: Program, share: number) {
  const program = await RunningProgram.start({ program: name, environment })
  try {
    const part = Math.ceil(operations * stretchRatio * share)
    // A short load comes before each part: an observation that has just begun takes more samples, and the first stacks cost most.
    const alone = async () => {
      await load(program.port, Math.ceil(part * settlingRatio))
      return program.spentBy(load, part)
    }
    const observed = async () => {
      await program.ask('observe')
      const spent = await alone()
      await program.ask('rest')
      return spent
    }
    await alone()
    await observed()
    const pairs: { readonly alone: Stretch; readonly observed: Stretch }[] = []
    for (let pair = 0; pair < stretches; pair++) {
      progress(`${name}, alone and observed, ${pair} of ${stretches}`)
      // Which of them comes first changes, since a machine warms up and slows down.
      if (pair % 2 === 0) pairs.push({ alone: await alone(), observed: await observed() })
      else pairs.push({ observed: await observed(), alone: await alone() })
    }
    return pairs
  } finally {
    program.kill()
  }
}

async function memoryOf({ name, load, operations }: Program, rounds: number, share: number): Promise<number[]> {
  const run = { program: name, load, operations: Math.ceil(operations * share), environment }
  const more: number[] = []
  for (let round = 1; round <= rounds; round++) {
    progress(`${name}, memory, round ${round} of ${rounds}`)
    const first = await runProgram({ ...run, isObserved: round % 2 === 0 })
    const second = await runProgram({ ...run, isObserved: round % 2 === 1 })
    more.push(((second.spent.peakRssBytes - first.spent.peakRssBytes) / 2 ** 20) * (round % 2 === 0 ? -1 : 1))
  }
  return more
}

function middleHalf(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (ratio: number) => figure(sorted[Math.round(ratio * (sorted.length - 1))] as number)
  return ` (${at(0.25)} to ${at(0.75)})`
}
