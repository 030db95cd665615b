import { parentPort, workerData } from 'node:worker_threads'
import { churner } from './churn.js'

/** How long a turn took in one thread. */
export interface ThreadTurn {
  /** Per operation. */
  readonly ns: number
  /** Cores that the process had meanwhile: as many as there are threads, unless other work took some of them. */
  readonly cores: number
}

/** Warms up, says so, and at each message of operations begins together with the other threads, and says how long it took. */
const { ground, burst, gate, threads } = workerData
const signal = new Int32Array(gate)
const churn = churner(ground, burst)
churn(200_000)
let round = 0
parentPort?.on('message', (operations: number) => {
  round++
  Atomics.add(signal, 0, 1)
  while (Atomics.load(signal, 0) < round * threads);
  const before = process.cpuUsage()
  const start = performance.now()
  churn(operations)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  const turn: ThreadTurn = { ns: (ms * 1e6) / operations, cores: (user + system) / 1000 / ms }
  parentPort?.postMessage(turn)
})
parentPort?.postMessage('warm')
