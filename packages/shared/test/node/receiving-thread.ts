import { workerData } from 'node:worker_threads'
import { SharedPool } from '../../src/index.js'

/** Receives from channel 0 and releases, for ever; counts what it received. */
const { token, received } = workerData
const pool = SharedPool.attach(token)
for (;;) {
  const handle = pool.receive(0)
  if (handle < 0) continue
  pool.release(handle)
  Atomics.add(received, 0, 1)
}
