import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Advice, advise, calibrate, type Estimate, type SiteAdvice } from '@pool/advisor'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'
import { type Program, programs } from './programs.js'
import { recordedDatabase } from './recorded-database.js'
import { runProgram, type Spent, warmingRatio } from './run-program.js'

/** Below this share of the whole, a saving can't be told from the machine's other work. */
const tellableRatio = 0.08
const most = 1.5

interface Round {
  /** Of the program as it is, and of the same with the pool; absent where no pool was advised. */
  readonly both: readonly [plain: Spent, pooled: Spent] | undefined
  readonly advice: Advice
  readonly change: SiteAdvice | undefined
}

/**
 * Prints the saving that the advice predicts for a pool beside the real one: in each round a program runs observed, and then, unobserved, as it is and built
 * with the pool that the advice named.
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
      taken.push(await oneRound(scaled, environment, round))
    }
    progress('')
    console.log(`${comparison(scaled, taken)}\n`)
  }
  database.close()
}

/** Each form in a process of its own, under one load without a break: in the breaks of a load that comes in parts, V8 collects otherwise. */
async function oneRound(program: Program, environment: Record<string, string>, round: number): Promise<Round> {
  const { name, load, operations, api } = program
  const run = { program: name, load, operations, environment }
  const costs = calibrate()
  const { profile } = await runProgram({ ...run, isObserved: true })
  if (profile === undefined) throw new Error(`${name} wrote no profile`)
  const advice = advise(profile, costs)
  const change = advice.sites.find((site) => site.change !== undefined && site.change.api === api)
  if (change?.change === undefined) return { both: undefined, advice, change }
  const plain = async () => (await runProgram(run)).spent
  const { pool: plan } = change.change
  const pooled = async () => (await runProgram({ ...run, plan })).spent
  // Which of them comes first changes, since a machine warms up and slows down.
  if (round % 2 === 0) return { both: [await plain(), await pooled()], advice, change }
  const second = await pooled()
  return { both: [await plain(), second], advice, change }
}

function comparison({ name, api, operations }: Program, rounds: readonly Round[]): string {
  const sites = rounds[0]?.advice.sites.slice(0, 3).map(lineOf) ?? []
  const title = [`${name}: ${rounds[0]?.advice.summary ?? ''}`, ...sites].join('\n')
  const advised = rounds.filter(({ advice }) => advice.worthwhile).length
  if (api === undefined) return `${title}\nrounds in which a pool was advised: ${advised}, ${verdict(advised, { most: 0 })}`
  const built = rounds.flatMap(({ both, change }) => (both === undefined ? [] : [{ both, change }]))
  if (built.length === 0) return `${title}\n${api} was not advised: it would save too little`

  // Several programs have two kinds of runs, by the allocator's luck or the collector's: a mean has both kinds in it, and a median is one or the other.
  const mean = (of: (round: (typeof built)[number]) => number) => built.reduce((sum, one) => sum + of(one), 0) / built.length
  const row = (
    label: string,
    spent: keyof Spent,
    predicted: (savings: SiteAdvice['savings']) => Estimate,
    divisor: number,
    unit: number
  ) => {
    const plain = mean(({ both }) => both[0][spent]) / unit
    const saving = ({ both }: (typeof built)[number]) => (both[0][spent] - both[1][spent]) / unit
    const saved = mean(saving)
    const all = built.map(saving)
    const bound = (end: keyof Estimate) => mean(({ change }) => Number(change && predicted(change.savings)[end])) / divisor / unit
    const expected = bound('expected')
    const isTellable = Math.max(Math.abs(saved), expected) >= tellableRatio * plain
    const judged = isTellable ? judgement(expected, saved) : 'too little to tell'
    return [
      label,
      figure(plain),
      figure(saved),
      `${figure(Math.min(...all))} to ${figure(Math.max(...all))}`,
      figure(expected),
      `${figure(bound('low'))}–${figure(bound('high'))}`,
      judged
    ]
  }
  // The profile has the warming up in it.
  const each = operations * (1 + warmingRatio)
  const rows = [
    row('CPU time, µs an operation', 'cpuUs', ({ cpuMs }) => cpuMs, each / 1000, 1),
    row('page faults an operation', 'faults', ({ minorFaults }) => minorFaults, each, 1),
    row('peak of memory, MiB', 'peakRssBytes', ({ peakRssBytes }) => peakRssBytes, 1, 2 ** 20)
  ]
  const head = `${title}\n${api}, advised in ${built.length} of ${rounds.length} rounds`
  return `${head}\n${table(['means', 'without a pool', 'saved', 'in single rounds', 'predicted', 'range', ''], rows)}`
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
