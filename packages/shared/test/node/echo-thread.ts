import { workerData } from 'node:worker_threads'
import { SharedPool } from '../../src/index.js'

/** Doubles each number of the blocks that come on channel 0, and sends them back on channel 1. */
const pool = SharedPool.attach<Float64Array>(workerData.token)
for (let turn = 0; turn < workerData.turns; ) {
  const handle = pool.receive(0)
  if (handle < 0) continue
  const view = pool.view(handle)
  for (let at = 0; at < view.length; at++) view[at] = 2 * (view[at] as number)
  while (!pool.send(1, handle));
  turn++
}
pool.detach()
