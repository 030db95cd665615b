import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Advice, advise, type Calibration, calibrate, type Estimate, type SiteAdvice } from '@pool/advisor'
import { median } from '../../bench-kit/src/median.js'
import { progress } from '../../bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../bench-kit/src/table.js'
import { type Program, programs } from './programs.js'
import { recordedDatabase } from './recorded-database.js'
import { runProgram, type Spent, warmingRatio } from './run-program.js'

/** Below this share of the whole, a saving can't be told from the machine's other work. */
const tellableRatio = 0.08
const most = 1.5

interface Round {
  readonly plain: Spent
  readonly pooled: Spent | undefined
  readonly advice: Advice
  readonly change: SiteAdvice | undefined
}

/**
 * Prints the saving that the advice predicts for a pool beside the real one: each program runs unchanged, and then built with the pool that the advice
 * named. Both runs are observed, so that only the pool differs.
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
  const run = { program: name, load, operations, environment, isObserved: true }
  const { spent, profile } = await runProgram(run)
  if (profile === undefined) throw new Error(`${name} wrote no profile`)
  const advice = advise(profile, costs)
  const change = advice.sites.find((site) => site.change !== undefined && site.change.api === api)
  const pooled = change?.change === undefined ? undefined : await runProgram({ ...run, plan: change.change.pool })
  return { plain: spent, pooled: pooled?.spent, advice, change }
}

function comparison({ name, api, operations }: Program, rounds: readonly Round[]): string {
  const sites = rounds[0]?.advice.sites.slice(0, 3).map(lineOf) ?? []
  const title = [`${name}: ${rounds[0]?.advice.summary ?? ''}`, ...sites].join('\n')
  const advised = rounds.filter(({ advice }) => advice.worthwhile).length
  if (api === undefined) return `${title}\nrounds in which a pool was advised: ${advised}, ${verdict(advised, { most: 0 })}`
  const built = rounds.filter(({ pooled }) => pooled !== undefined)
  if (built.length === 0) return `${title}\n${api} was not advised: it would save too little`

  const middle = (of: (round: Round) => number) => median(built.map(of))
  const row = (
    label: string,
    spent: keyof Spent,
    predicted: (savings: SiteAdvice['savings']) => Estimate,
    divisor: number,
    unit: number
  ) => {
    const plain = middle((round) => round.plain[spent]) / unit
    const saved = middle((round) => round.plain[spent] - Number(round.pooled?.[spent])) / unit
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
