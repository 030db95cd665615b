import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Advice, advise, type Calibration, calibrate, type Estimate, type PoolPlan, type SiteAdvice } from '@pool/advisor'
import { median } from '../../bench-kit/src/median.js'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'
import { type Program, programs } from './programs.js'
import { recordedDatabase } from './recorded-database.js'
import { RunningProgram, type RunOptions, runProgram, type Spent, type Stretch, warmingRatio } from './run-program.js'

/** Below this share of the whole, a saving can't be told from the machine's other work. */
const tellableRatio = 0.08
const most = 1.5
/** The parts in which the load is put to both forms of a program in turn. */
const stretches = 10

interface Round {
  /** Of the program as it is, and of the same with the pool; absent where no pool was advised. */
  readonly both: readonly [plain: Spent, pooled: Spent] | undefined
  readonly advice: Advice
  readonly change: SiteAdvice | undefined
}

/**
 * Prints the saving that the advice predicts for a pool beside the real one: each program runs observed, and then the program as it is and the program built
 * with the pool that the advice named run side by side, unobserved, and take parts of the load in turn.
 * @param only - names of programs; all of them where it is empty
 * @param share - of the operations of each program
 */
export async function predictions(only: readonly string[], rounds: number, share: number): Promise<void> {
  const database = recordedDatabase(256, 4096).listen(0, '127.0.0.1')
  await once(database, 'listening')
  const environment = { PROGRAM_DATABASE: String((database.address() as AddressInfo).port) }
  for (const program of programs) {
    if (only.length > 0 && !only.includes(program.name)) continue
    const scaled = { ...program, operations: Math.ceil(program.operations * share) }
    const taken: Round[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`${program.name}, round ${round} of ${rounds}`)
      taken.push(await oneRound(scaled, environment, calibrate()))
    }
    progress('')
    console.log(`${comparison(scaled, taken)}\n`)
  }
  database.close()
}

async function oneRound({ name, load, operations, api }: Program, environment: Record<string, string>, costs: Calibration): Promise<Round> {
  const run = { program: name, load, operations, environment }
  const { profile } = await runProgram({ ...run, isObserved: true })
  if (profile === undefined) throw new Error(`${name} wrote no profile`)
  const advice = advise(profile, costs)
  const change = advice.sites.find((site) => site.change !== undefined && site.change.api === api)
  return { both: change?.change && (await sideBySide(run, change.change.pool)), advice, change }
}

/** Other work on the machine meets both forms alike, since each has a part of the load after the other. */
async function sideBySide(run: RunOptions, plan: PoolPlan): Promise<[plain: Spent, pooled: Spent]> {
  const plain = await RunningProgram.start(run)
  const pooled = await RunningProgram.start({ ...run, plan })
  try {
    const part = Math.ceil(run.operations / stretches)
    const parts: [Stretch[], Stretch[]] = [[], []]
    for (const program of [plain, pooled]) await run.load(program.port, Math.ceil(run.operations * warmingRatio))
    for (let stretch = 0; stretch < stretches; stretch++) {
      // Which of them comes first changes, since a machine warms up and slows down.
      for (const at of stretch % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        parts[at].push(await [plain, pooled][at]!.spentBy(run.load, part))
      }
    }
    return [wholeOf(parts[0], plain.peakRssBytes), wholeOf(parts[1], pooled.peakRssBytes)]
  } finally {
    plain.kill()
    pooled.kill()
  }
}

function wholeOf(stretches: readonly Stretch[], peakRssBytes: number): Spent {
  const middle = (of: keyof Stretch) => median(stretches.map((stretch) => stretch[of]))
  return {
    cpuUs: middle('cpuUs'),
    faults: middle('faults'),
    collectorUs: middle('collectorUs'),
    perSecond: middle('perSecond'),
    peakRssBytes
  }
}

function comparison({ name, api, operations }: Program, rounds: readonly Round[]): string {
  const sites = rounds[0]?.advice.sites.slice(0, 3).map(lineOf) ?? []
  const title = [`${name}: ${rounds[0]?.advice.summary ?? ''}`, ...sites].join('\n')
  const advised = rounds.filter(({ advice }) => advice.worthwhile).length
  if (api === undefined) return `${title}\nrounds in which a pool was advised: ${advised}, ${verdict(advised, { most: 0 })}`
  const built = rounds.flatMap(({ both, change }) => (both === undefined ? [] : [{ both, change }]))
  if (built.length === 0) return `${title}\n${api} was not advised: it would save too little`

  const middle = (of: (round: (typeof built)[number]) => number) => median(built.map(of))
  const row = (
    label: string,
    spent: keyof Spent,
    predicted: (savings: SiteAdvice['savings']) => Estimate,
    divisor: number,
    unit: number
  ) => {
    const plain = middle(({ both }) => both[0][spent]) / unit
    const saved = middle(({ both }) => both[0][spent] - both[1][spent]) / unit
    const bound = (end: keyof Estimate) => middle(({ change }) => Number(change && predicted(change.savings)[end])) / divisor / unit
    const expected = bound('expected')
    const isTellable = Math.max(Math.abs(saved), expected) >= tellableRatio * plain
    const judged = isTellable ? judgement(expected, saved) : 'too little to tell'
    return [label, figure(plain), figure(saved), figure(expected), `${figure(bound('low'))}–${figure(bound('high'))}`, judged]
  }
  // The profile has the warming up in it.
  const each = operations * (1 + warmingRatio)
  const rows = [
    row('CPU time, µs an operation', 'cpuUs', ({ cpuMs }) => cpuMs, each / 1000, 1),
    row('page faults an operation', 'faults', ({ minorFaults }) => minorFaults, each, 1),
    row('peak of memory, MiB', 'peakRssBytes', ({ peakRssBytes }) => peakRssBytes, 1, 2 ** 20)
  ]
  const head = `${title}\n${api}, advised in ${built.length} of ${rounds.length} rounds`
  return `${head}\n${table(['medians', 'without a pool', 'saved', 'predicted', 'range', ''], rows)}`
}

function judgement(predicted: number, saved: number): string {
  if (saved <= 0) return 'LOST'
  const off = Math.max(predicted / saved, saved / predicted)
  return `${figure(off)} × too ${predicted > saved ? 'high' : 'low'}, ${verdict(off, { most })}`
}

function lineOf({ place, maker, library, verdict: said, change, bytesRatio }: SiteAdvice): string {
  const short = place.replace(/^.*node_modules\//, '')
  return `  ${[short, maker, library ?? '', `${figure(bytesRatio * 100)} % of the bytes`, change?.api ?? said].filter(Boolean).join(', ')}`
}
