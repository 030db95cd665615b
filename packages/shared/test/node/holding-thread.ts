import { parentPort, workerData } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '../../src/index.js'

/** Acquires so many blocks with each token, says so, and keeps them until it is told to detach. */
const { tokens, blocks } = workerData as { tokens: readonly SharedPoolToken[]; blocks: number }
const pools = tokens.map((token) => SharedPool.attach(token))
for (const pool of pools) for (let count = 0; count < blocks; count++) pool.acquire()
parentPort?.once('message', () => {
  for (const pool of pools) pool.detach()
  parentPort?.postMessage('detached')
  setInterval(() => {}, 1000)
})
parentPort?.postMessage('holding')
