import { parentPort, workerData } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Waits until the gate is open, reaps the threads of each token, and says how many blocks that gave back. */
const { token, dead, gate } = workerData as { token: SharedPoolToken; dead: readonly SharedPoolToken[]; gate: Int32Array }
const pool = SharedPool.attach(token)
parentPort?.postMessage('attached')
Atomics.wait(gate, 0, 0)
Atomics.add(gate, 1, 1)
Atomics.notify(gate, 1)
let blocks = 0
for (const one of dead) blocks += pool.reap(one)
parentPort?.postMessage(blocks)
// Its seat, and what it has at hand, stay with it until it is ended.
setInterval(() => {}, 1000)
