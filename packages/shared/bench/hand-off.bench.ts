import { once } from 'node:events'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { SharedPool } from '@pool/shared'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { startThread } from '../test/support/thread.js'
import type { HandOffEnd } from './hand-off-worker.js'

/** Two workers that pass blocks of 512 bytes to and fro. */
class Pair {
  readonly #workers: readonly Worker[]

  constructor(ends: readonly HandOffEnd[]) {
    this.#workers = ends.map((end) => {
      const transfer = end.port === undefined ? [] : [end.port]
      return startThread(new URL('./hand-off-worker.ts', import.meta.url), end, transfer)
    })
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => once(worker, 'message')))
  }

  /** ns per hand-off, in so many turns. */
  async turn(turns: number): Promise<number> {
    const answer = once(this.#workers[0] as Worker, 'message')
    for (const worker of this.#workers) worker.postMessage(turns)
    return (await answer)[0] as number
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

const ways = ['a channel', 'a ring', 'postMessage with transfer'] as const

function pairBy(way: (typeof ways)[number], window: number): Pair {
  if (way === 'postMessage with transfer') {
    const { port1, port2 } = new MessageChannel()
    return new Pair([port1, port2].map((port: MessagePort, at) => ({ isFirst: at === 0, window, port })))
  }
  const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 256, threads: 3, channels: 2, rings: 2 })
  const first = way === 'a ring' ? 2 : 0
  return new Pair(
    [first, first + 1].map((send, at) => ({
      isFirst: at === 0,
      window,
      pool: { token: pool.token(), send, receive: 2 * first + 1 - send }
    }))
  )
}

/**
 * What a tenth of the turns did not exceed. The two workers of a pair spin, so where other work takes one's core the other one loses whole slices of
 * time: such turns measure the system's scheduler. They last some ms, and so some of them are spared.
 */
function leastDisturbed(turns: readonly number[]): number {
  return [...turns].sort((a, b) => a - b)[Math.floor(turns.length / 10)] as number
}

/** A block handed from worker to worker and back: one at a time, which is the delay, and 32 under way at once, which is the rate. */
export async function handOff(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const window of [1, 32]) {
    const pairs = ways.map((way) => [way, pairBy(way, window)] as const)
    await Promise.all(pairs.map(([, pair]) => pair.ready()))
    const figures = new Map(ways.map((way) => [way, [] as number[]]))
    for (let round = -20; round < (short ? 60 : 300); round++) {
      for (const [way, pair] of pairs) {
        const ns = await pair.turn(way === 'postMessage with transfer' ? 300 : 10_000)
        // The first turns warm up.
        if (round >= 0) figures.get(way)?.push(ns)
      }
    }
    await Promise.all(pairs.map(([, pair]) => pair.end()))
    const posted = leastDisturbed(figures.get('postMessage with transfer') as number[])
    for (const way of ways) {
      const own = figures.get(way) as number[]
      const ns = leastDisturbed(own)
      const ratio = posted / ns
      const bar = way === 'postMessage with transfer' ? '' : verdict(ratio, { least: 20 })
      rows.push([`${window} under way`, way, figure(ns), figure(median(own)), figure(ratio), bar])
    }
  }
  return table(['hand-off, worker to worker', 'by', 'ns', 'median', '× postMessage', 'bar'], rows)
}
