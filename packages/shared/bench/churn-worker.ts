import { parentPort, workerData } from 'node:worker_threads'
import { churner } from './churn.js'

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
  const start = performance.now()
  churn(operations)
  parentPort?.postMessage(((performance.now() - start) * 1e6) / operations)
})
parentPort?.postMessage('warm')
