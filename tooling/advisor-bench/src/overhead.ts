import { median } from '../../bench-kit/src/median.js'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'
import { programs } from './programs.js'
import { runProgram, type Spent } from './run-program.js'

const observedPrograms = ['express-raw', 'ws-echo', 'own-frames']

/**
 * Fixes the thresholds of glibc's allocator, which otherwise move with the sizes that a program frees: whether the allocator gives memory back to the system then depends on the place of the last free buffer.
 * That luck makes a larger difference than the measured one, and a smaller one with fixed thresholds.
 */
const environment = { MALLOC_TRIM_THRESHOLD_: String(2 ** 30), MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TOP_PAD_: String(2 ** 26) }

/** The cost of being observed: each program runs alone and observed, in turn. */
export async function overhead(rounds: number, share: number): Promise<string> {
  const rows: string[][] = []
  for (const { name, load, operations } of programs) {
    if (!observedPrograms.includes(name)) continue
    const pairs: { readonly alone: Spent; readonly observed: Spent }[] = []
    const run = { program: name, load, operations: Math.ceil(operations * share), environment }
    for (let round = 1; round <= rounds; round++) {
      progress(`${name}, alone and observed, round ${round} of ${rounds}`)
      // Which of them comes first changes, since a machine warms up and slows down.
      const first = await runProgram({ ...run, isObserved: round % 2 === 0 })
      const second = await runProgram({ ...run, isObserved: round % 2 === 1 })
      const [alone, observed] = round % 2 === 0 ? [second, first] : [first, second]
      pairs.push({ alone: alone.spent, observed: observed.spent })
    }
    const middle = (of: (pair: (typeof pairs)[number]) => number) => median(pairs.map(of))
    const more = 100 * (middle(({ alone, observed }) => observed.cpuUs / alone.cpuUs) - 1)
    const slower = 100 * (middle(({ alone, observed }) => alone.perSecond / observed.perSecond) - 1)
    const memory = middle(({ alone, observed }) => observed.peakRssBytes - alone.peakRssBytes) / 2 ** 20
    rows.push([
      name,
      figure(middle(({ alone }) => alone.cpuUs)),
      `${figure(more)} %`,
      `${figure(slower)} %, ${verdict(slower, { most: 3 })}`,
      `${figure(memory)} MiB, ${verdict(memory, { most: 10 })}`
    ])
  }
  progress('')
  return table(['being observed', 'CPU alone, µs an operation', 'more CPU', 'less throughput', 'more memory at its peak'], rows)
}
