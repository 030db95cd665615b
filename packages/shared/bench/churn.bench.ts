import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { startThread } from '../test/support/thread.js'
import { type Lender, makeGround } from './churn.js'
import type { ThreadTurn } from './churn-worker.js'

const cases: readonly { readonly name: string; readonly threads: number; readonly burst: number; readonly most: number }[] = [
  { name: '1 thread', threads: 1, burst: 1, most: 10 },
  { name: '2 threads at once', threads: 2, burst: 1, most: 25 },
  { name: '2 threads, 24 out, 24 back', threads: 2, burst: 24, most: 50 }
]

/** Threads over the same lender, which begin each turn together. */
class Crew {
  readonly #workers: readonly Worker[]

  constructor(lender: Lender, threads: number, burst: number) {
    const workerData = { ground: makeGround(lender, threads), burst, threads, gate: new SharedArrayBuffer(4) }
    this.#workers = Array.from({ length: threads }, () => startThread(new URL('./churn-worker.ts', import.meta.url), workerData))
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => once(worker, 'message')))
  }

  /** ns per operation of the slowest thread, and the cores that the threads had. */
  async turn(operations: number): Promise<ThreadTurn> {
    const answers = this.#workers.map((worker) => once(worker, 'message'))
    for (const worker of this.#workers) worker.postMessage(operations)
    const turns = (await Promise.all(answers)).map(([turn]) => turn as ThreadTurn)
    return { ns: Math.max(...turns.map(({ ns }) => ns)), cores: Math.min(...turns.map(({ cores }) => cores)) }
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

/** The turns in which each thread had a core: threads that take turns on one don't contend. Where they are few, those which had the most of them. */
function undisturbed(turns: readonly ThreadTurn[], threads: number): number[] {
  const sorted = [...turns].sort((a, b) => b.cores - a.cores)
  const count = sorted.filter(({ cores }) => cores >= 0.9 * threads).length
  return sorted.slice(0, Math.max(count, 5)).map(({ ns }) => ns)
}

/** acquire + release beside a stack of the thread's own, which shares nothing, and a tagged Treiber stack, in turn; each turn takes some ms. */
export async function churn(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const { name, threads, burst, most } of cases) {
    const lenders: Lender[] = ['local stack', 'SharedPool', 'tagged stack']
    const turns = new Map<Lender, ThreadTurn[]>(lenders.map((lender) => [lender, []]))
    const crews = lenders.map((lender) => [lender, new Crew(lender, threads, burst)] as const)
    await Promise.all(crews.map(([, crew]) => crew.ready()))
    for (let round = 0; round < (short ? 60 : 300); round++) {
      for (const [lender, crew] of crews) turns.get(lender)?.push(await crew.turn(lender === 'tagged stack' ? 48_000 : 720_000))
    }
    await Promise.all(crews.map(([, crew]) => crew.end()))
    const figures = new Map(lenders.map((lender) => [lender, undisturbed(turns.get(lender) as ThreadTurn[], threads)]))
    const pool = median(figures.get('SharedPool') as number[])
    for (const lender of lenders) {
      const own = figures.get(lender) as number[]
      const ratio = median(own) / pool
      const ownBar = lender === 'SharedPool' ? verdict(median(own), { most }) : ''
      const bar = lender === 'tagged stack' && threads > 1 ? verdict(ratio, { least: 5 }) : ownBar
      rows.push([name, lender, figure(median(own)), figure(ratio), String(own.length), bar])
    }
  }
  return table(['acquire + release', 'lender', 'ns', '× SharedPool', 'turns', 'bar'], rows)
}
