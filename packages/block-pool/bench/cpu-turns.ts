import { median } from '../../../tooling/bench-kit/src/median.js'

/** Something to measure. */
export interface Work {
  /** Does so many operations. */
  readonly run: (operations: number) => void
  /** Operations of one turn. */
  readonly operations: number
}

/** What it cost. */
export interface Cost {
  /** Median CPU ns per operation, of this thread and the collector's. */
  readonly ns: number
  /** Median of its cost by that of the first work, turn by turn: drifts of the machine cancel out. */
  readonly timesFirst: number
}

/** Measures works in turn, `rounds` times each after one to warm up, by the CPU time that the process took: whatever else runs waits in vain. */
export function inTurns(works: Readonly<Record<string, Work>>, rounds: number): Record<string, Cost> {
  const entries = Object.entries(works)
  const costs = new Map<string, number[]>(entries.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const [name, { run, operations }] of entries) {
      const before = process.cpuUsage()
      run(operations)
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) costs.get(name)?.push(((user + system) * 1000) / operations)
    }
  }
  const first = costs.get(entries[0]?.[0] ?? '') ?? []
  return Object.fromEntries(
    [...costs].map(([name, each]) => [
      name,
      {
        ns: median(each),
        meanNs: each.reduce((sum, ns) => sum + ns, 0) / each.length,
        timesFirst: median(each.map((ns, at) => ns / (first[at] as number)))
      }
    ])
  )
}
